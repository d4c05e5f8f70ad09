import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor } from '../../ts/index.js'
import { characterVocabulary } from '../../ts/text/index.js'
import { ownLine } from '../own-line.js'

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

test('what is no text and no list of ids is refused with the line of the call', () => {
  const { encode, decode } = characterVocabulary('hello') as unknown as Record<string, (given?: unknown) => unknown>
  const vocabularyOf = characterVocabulary as (source?: unknown) => unknown
  const cases: [() => unknown, RegExp][] = [
    [() => encode(), /^encode: what is encoded is a text, not undefined \(/],
    [() => encode(['h', 'e']), /^encode: what is encoded is a text, not an array \(/],
    [() => encode('x'), /^encode: the character "x" at 0 is not in the vocabulary .* \(/],
    [() => decode(), /^decode: integers are a tensor or a list of numbers, not undefined \(/],
    [() => decode('he'), /^decode: integers are a tensor or a list of numbers, not a text \(/],
    [() => decode([9]), /^decode: 9 is not an id: .* \(/],
    [() => vocabularyOf(3), /^characterVocabulary: characters are a text or a list of them, not the number 3 \(/],
    [() => vocabularyOf([1, 2]), /^characterVocabulary: 1 is not one character \(/],
    [() => vocabularyOf(''), /^characterVocabulary: the text is empty \(/],
  ]
  for (const [call, message] of cases) {
    assert.throws(call, message)
    assert.throws(call, ownLine('vocabulary'))
  }
})

test.run()
