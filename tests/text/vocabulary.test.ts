import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor } from '../../ts/index.js'
import { characterVocabulary } from '../../ts/text/index.js'

test('a text comes back from its ids', () => {
  const text = 'to be, or not to be: 🧵 that is'
  const vocabulary = characterVocabulary(text)
  const ids = vocabulary.encode(text)
  assert.is(ids.dtype, 'int32')
  assert.is(ids.size, [...text].length, 'an emoji is one character')
  assert.is(vocabulary.size, new Set(text).size)
  assert.is(vocabulary.decode(ids), text)
  assert.is(vocabulary.decode([...ids.data()]), text)
  assert.equal(vocabulary.characters, [...vocabulary.characters].sort())
})

test('the same characters give the same vocabulary, in whatever order they come', () => {
  const vocabulary = characterVocabulary('banana')
  assert.equal(characterVocabulary(vocabulary.characters).characters, ['a', 'b', 'n'])
  assert.equal(vocabulary.encode('nab').toArray(), [2, 0, 1])
  assert.equal(characterVocabulary('a').encode('aa').toArray(), [0, 0])
  assert.equal(vocabulary.encode('').shape, [0])
})

test('an unknown character is refused, or one stands for all such', () => {
  assert.throws(() => characterVocabulary('abc').encode('abxc'), /character "x" at 2 is not in the vocabulary "abc"/)
  const vocabulary = characterVocabulary('abc', { unknown: '?' })
  assert.is(vocabulary.size, 4)
  assert.is(vocabulary.decode(vocabulary.encode('abxc🧵')), 'ab?c?')
  assert.is(characterVocabulary('abc?', { unknown: '?' }).size, 4)
})

test('what is no id or no vocabulary is refused', () => {
  assert.throws(() => characterVocabulary('abc').decode(tensor([0, 3])), /3 is not an id: the vocabulary has 3/)
  assert.throws(() => characterVocabulary(''), /the text is empty/)
  assert.throws(() => characterVocabulary(['ab']), /"ab" is not one character/)
  assert.throws(() => characterVocabulary('a', { unknown: '??' }), /"\?\?" is not one character/)
})

test.run()
