import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor } from '../../ts/index.js'
import { bigramLoss, characterVocabulary } from '../../ts/text/index.js'
import { close } from '../close.js'

test('a loss counted by hand', () => {
  // Pairs 01, 10, 01, 12: after 0 comes 1 twice of 2 (+ 3), after 1 comes 0 once and 2 once of 2 (+ 3).
  const train = tensor([0, 1, 0, 1, 2], { dtype: 'int32' })
  const expected = -(Math.log(3 / 5) + Math.log(2 / 5) + Math.log(1 / 3)) / 3
  close(bigramLoss(train, tensor([0, 1, 2, 2], { dtype: 'int32' }), 3), expected, 1e-6)
})

test('one letter is no surprise; no pair is refused', () => {
  const { encode } = characterVocabulary('a')
  close(bigramLoss(encode('aaaa'), encode('aa'), 1), 0)
  assert.throws(() => bigramLoss(encode('aaaa'), encode('a'), 1), /validation has no pair/)
})

test.run()
