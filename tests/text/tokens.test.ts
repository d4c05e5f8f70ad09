// Vocabularies of tokens and words: which are in, their ids, and the way back.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor } from '../../ts/index.js'
import {
  bytePairs,
  characterVocabulary,
  loadVocabulary,
  splitWords,
  tokenVocabulary,
  wordVocabulary,
} from '../../ts/text/index.js'
import { ownLine } from '../own-line.js'

test('special tokens come first, then the others by how often they are there', () => {
  const { tokens, special, size } = tokenVocabulary(
    [
      ['b', 'a', 'c'],
      ['c', 'b'],
      ['c', '<eos>'],
    ],
    {
      special: ['pad', 'eos'],
    },
  )
  assert.equal(tokens, ['<pad>', '<eos>', 'c', 'b', 'a'])
  assert.equal(special, { pad: 0, eos: 1 })
  assert.is(size, 5)
  assert.equal(tokenVocabulary([['x', 'y', 'x', 'z', 'z']], { minFrequency: 2 }).tokens, ['x', 'z'])
  assert.equal(tokenVocabulary([['x', 'y', 'x', 'z', 'z']], { maxSize: 2, special: ['unk'] }).tokens, ['<unk>', 'x'])
})

test('a single text is a text, not a list of characters', () => {
  assert.equal(wordVocabulary('let it be').tokens, ['be', 'it', 'let'])
})

test('tokens come back from their ids; special ones are shown when asked for', () => {
  const vocabulary = tokenVocabulary([['AH', 'B']], { special: ['pad', 'bos', 'eos', 'unk'] })
  const ids = vocabulary.encode(['B', 'ZH', 'AH'], { bos: true, eos: true })
  assert.is(ids.dtype, 'int32')
  assert.equal(ids.toArray(), [1, 5, 3, 4, 2])
  assert.equal(vocabulary.decode(ids), ['B', '<unk>', 'AH'])
  assert.equal(vocabulary.decode([1, 4, 0], { special: true }), ['<bos>', 'AH', '<pad>'])
  assert.equal(vocabulary.encode([]).shape, [0])
  assert.equal(vocabulary.encode(['<eos>', 'AH']).toArray(), [2, 4])
})

test('unknown tokens, ends that are not there and ids that are none are refused', () => {
  const vocabulary = tokenVocabulary([['a', 'b']])
  assert.throws(() => vocabulary.encode(['a', 'x']), /token "x" at 1 is not among the 2 .* 'unk' stands for such/)
  assert.throws(() => vocabulary.encode(['a'], { eos: true }), /has no special token 'eos'/)
  assert.throws(() => vocabulary.decode([2]), /2 is not an id: the vocabulary has 2 tokens/)
  assert.throws(() => vocabulary.decode([0.5]), /0.5 is not an id/)
  assert.throws(() => tokenVocabulary([], { special: ['a', 'b', 'a'] }), /a special token is given twice: a,b,a/)
})

test('words: letters with what is between them, numbers, other signs by themselves', () => {
  assert.equal(splitWords("It's  a well-known café, n'est-ce pas?"), [
    "It's",
    'a',
    'well-known',
    'café',
    ',',
    "n'est-ce",
    'pas',
    '?',
  ])
  assert.equal(splitWords('1,000.5 x2 (ok) – 🧵\n'), ['1,000.5', 'x', '2', '(', 'ok', ')', '–', '🧵'])
  assert.equal(splitWords('cafe\u0301 नमस्ते'), ['cafe\u0301', 'नमस्ते'])
  assert.equal(splitWords(' '), [])
})

test('a text in words, in small letters or as it is', () => {
  const texts = ['The cat. The dog.', 'the end']
  const words = wordVocabulary(texts, { special: ['unk'], minFrequency: 2 })
  assert.equal(words.tokens, ['<unk>', '.', 'The'])
  const small = wordVocabulary(texts, { special: ['unk', 'eos'], lowercase: true })
  assert.equal(small.tokens.slice(2), ['the', '.', 'cat', 'dog', 'end'])
  assert.equal(small.encode('THE bird.', { eos: true }).toArray(), [2, 0, 3, 1])
  assert.is(
    small.decode(
      tensor([
        [2, 4],
        [3, 1],
      ]),
    ),
    'the cat .',
  )
})

test('each kind comes back from JSON with the same ids', () => {
  const text = 'to be or not to be'
  const words = wordVocabulary([text], { special: ['pad', 'unk'], lowercase: true })
  const again = loadVocabulary('words', JSON.stringify(words))
  assert.equal(again.tokens, words.tokens)
  assert.equal(again.encode('TO BE me').toArray(), words.encode('TO BE me').toArray())
  const tags = tokenVocabulary([['N', 'V', 'V']], { special: ['bos'] })
  assert.equal(loadVocabulary('tokens', JSON.parse(JSON.stringify(tags))).tokens, tags.tokens)
  const characters = characterVocabulary(text, { unknown: '!' })
  const loaded = loadVocabulary('characters', JSON.stringify(characters))
  assert.equal(loaded.characters, characters.characters)
  assert.equal(loaded.encode('to x').toArray(), characters.encode('to x').toArray())
  assert.equal(JSON.stringify(again), JSON.stringify(words))
})

test('what is no vocabulary of the kind is refused', () => {
  const saved = JSON.parse(JSON.stringify(tokenVocabulary([['a']])))
  assert.throws(() => loadVocabulary('words', saved), /no vocabulary of words, but of "tokens"/)
  assert.throws(() => loadVocabulary('tokens', '{}'), /no vocabulary of tokens, but of undefined/)
  assert.throws(() => loadVocabulary('tokens', null), /no vocabulary of tokens/)
  assert.throws(() => loadVocabulary('tokens', { ...saved, tokens: [1] }), /no vocabulary of tokens/)
  assert.throws(() => loadVocabulary('tokens', { ...saved, tokens: ['a', 'a'] }), /a token is there twice/)
  assert.throws(() => loadVocabulary('bytePairs', { ...saved, kind: 'bytePairs' }), /no vocabulary of bytePairs/)
})

test('a text is no list of tokens, and no list of tokens a text', () => {
  const tokens = tokenVocabulary([['a', 'b']])
  const pairs = bytePairs(['aab'], { size: 257 })
  const words = wordVocabulary('hello world') as unknown as Record<string, (given?: unknown) => unknown>
  assert.equal(words.tokens, ['hello', 'world'], 'one text is a list of texts')
  const cases: [() => unknown, RegExp][] = [
    [() => tokens.encode('a' as never), /^encode: what is encoded is a list of tokens .*, not a text \(/],
    [
      () => tokenVocabulary('ab' as never),
      /^tokenVocabulary: the sequences are a list of lists of tokens, not a text \(/,
    ],
    [() => tokenVocabulary(['a', 'b'] as never), /^tokenVocabulary: each of the sequences is a list .*, not a text \(/],
    [() => tokenVocabulary(undefined as never), /^tokenVocabulary: the sequences are .*, not undefined \(/],
    [() => words.encode(['hello']), /^encode: what is encoded is a text, not an array \(/],
    [() => words.decode('he'), /^decode: integers are .*, not a text \(/],
    [() => wordVocabulary(7 as never), /^wordVocabulary: the texts are a list of texts, or one, not the number 7 \(/],
    [() => wordVocabulary([['a']] as never), /^wordVocabulary: the texts hold an array, which is no text \(/],
    [() => bytePairs([1] as never, { size: 257 }), /^bytePairs: the texts hold the number 1, which is no text \(/],
    [() => pairs.encode(undefined as never), /^encode: what is encoded is a text, not undefined \(/],
  ]
  for (const [call, message] of cases) {
    assert.throws(call, message)
    assert.throws(call, ownLine('tokens'))
  }
})

test.run()
