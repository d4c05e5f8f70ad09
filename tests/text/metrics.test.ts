// How far texts are from what they should be: published values, and definitions written out.
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  bleu,
  characterErrorRate,
  editDistance,
  type Span,
  spanF1,
  tagSpans,
  tokenErrorRate,
  wordErrorRate,
} from '../../ts/text/index.js'

const words = (text: string): string[] => text.split(' ')
const near = (got: number, expected: number, tolerance = 1e-6): void => {
  assert.ok(Math.abs(got - expected) <= tolerance, `${got}, expected ${expected}`)
}

/** The definition, without a table. */
function distanceByDefinition(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length
  const [restA, restB] = [a.slice(1), b.slice(1)]
  if (a[0] === b[0]) return distanceByDefinition(restA, restB)
  return (
    1 + Math.min(distanceByDefinition(restA, b), distanceByDefinition(a, restB), distanceByDefinition(restA, restB))
  )
}

test('the edit distance is the least number of edits', () => {
  assert.is(editDistance([...'kitten'], [...'sitting']), 3)
  assert.is(editDistance([...'intention'], [...'execution']), 5)
  assert.is(editDistance([1, 2, 3], Int32Array.of(2, 3)), 1)
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.is(editDistance(a, b), distanceByDefinition(a, b))
    }),
  )
})

test('error rates are edits by tokens of the references', () => {
  near(wordErrorRate(['the cat  sat', 'a'], ['the cat sat down', 'b c']), 3 / 6)
  near(
    wordErrorRate(['a-b'], ['a-c'], text => text.split('-')),
    1 / 2,
  )
  near(characterErrorRate(['🧵a'], ['🧵b']), 1 / 2)
  near(tokenErrorRate([['K', 'AE', 'T', 'S', 'S', 'S']], [['K']]), 5)
  assert.throws(() => wordErrorRate(['a'], []), /wordErrorRate: there are 1 hypotheses and 0 references/)
  assert.throws(() => characterErrorRate([''], ['']), /characterErrorRate: the references have no token/)
})

// The examples of NLTK's documentation, whose values are printed there.
const guide = words('It is a guide to action which ensures that the military always obeys the commands of the party')
const guides = [
  'It is a guide to action that ensures that the military will forever heed Party commands',
  'It is the guiding principle which guarantees the military forces always being under the command of the Party',
  'It is the practical guide for the army always to heed the directions of the party',
].map(words)
const history = words('he read the book because he was interested in world history')
const histories = [words('he was interested in world history because he read the book')]

test('BLEU is what others compute', () => {
  near(bleu([guide], [guides]).score, 0.5045666840058485)
  near(bleu([guide, history], [guides, histories]).score, 0.5920778868801042)
  const { precisions } = bleu([words('the the the the the the the')], [[words('the cat is on the mat')]])
  near(precisions[0], 2 / 7)
  near(bleu([guide], [[guide]]).score, 1)
})

test('BLEU: brevity, order and what stands for no match', () => {
  const short = bleu([words('a b c d')], [[words('a b c d e f')]])
  near(short.brevityPenalty, Math.exp(1 - 6 / 4))
  near(short.score, Math.exp(1 - 6 / 4))
  near(bleu([words('a b c d')], [[words('a b c d e'), words('a b c'), words('a b c d e f')]]).brevityPenalty, 1)
  const none = [words('a b x d y')]
  const reference = [[words('a b c d e')]]
  assert.is(bleu(none, reference).score, 0)
  near(bleu(none, reference, { order: 2 }).score, Math.sqrt((3 / 5) * (1 / 4)))
  near(bleu(none, reference, { smoothing: 'addOne' }).score, ((3 / 5) * (2 / 5) * (1 / 4) * (1 / 3)) ** 0.25)
  near(bleu(none, reference, { smoothing: 'exponential' }).score, ((3 / 5) * (1 / 4) * (1 / 6) * (1 / 8)) ** 0.25)
  assert.is(bleu([[]], [[['a']]]).score, 0)
  assert.throws(() => bleu([['a']], []), /1 hypotheses and 0 references/)
  assert.throws(() => bleu([['a']], [[]]), /hypothesis 0 has no reference/)
  assert.throws(() => bleu([['a']], [[['a']]], { order: 0 }), /order is a positive integer, not 0/)
})

/** Begins and ends of spans as the shared task's script decides them, pair of neighbours by pair of neighbours. */
function spansByPairs(tags: readonly string[]): Span[] {
  const parts = ['O', ...tags, 'O'].map(tag => [tag[0], tag.slice(2)])
  const spans: Span[] = []
  for (let i = 1; i < parts.length; i++) {
    const [[before, typeBefore], [now, type]] = [parts[i - 1], parts[i]]
    const changes = typeBefore !== type
    const ends = before !== 'O' && (/[ES]/.test(before) || /[BSO]/.test(now) || changes)
    const begins = now !== 'O' && (/[BS]/.test(now) || /[ESO]/.test(before) || changes)
    if (ends) spans[spans.length - 1].end = i - 1
    if (begins) spans.push({ type, start: i - 1, end: -1 })
  }
  return spans
}

test('spans begin and end where the shared task says, in sequences that are no good too', () => {
  assert.equal(tagSpans(['B-PER', 'I-PER', 'B-PER', 'O', 'I-LOC', 'I-ORG', 'S-X', 'B-Y', 'E-Y', 'I-Y']), [
    { type: 'PER', start: 0, end: 2 },
    { type: 'PER', start: 2, end: 3 },
    { type: 'LOC', start: 4, end: 5 },
    { type: 'ORG', start: 5, end: 6 },
    { type: 'X', start: 6, end: 7 },
    { type: 'Y', start: 7, end: 9 },
    { type: 'Y', start: 9, end: 10 },
  ])
  const tag = fc.constantFrom('O', 'B-A', 'I-A', 'E-A', 'S-A', 'B-B', 'I-B', 'E-B', 'S-B')
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 12 }), tags => {
      assert.equal(tagSpans(tags), spansByPairs(tags))
    }),
  )
  assert.throws(() => tagSpans(['O', 'X-A']), /"X-A" at 1 is no tag such as B-PER or O/)
})

test('spans count if both ends and the type are right, over all and by type', () => {
  const actual = [
    ['B-PER', 'I-PER', 'O', 'B-LOC'],
    ['B-LOC', 'O', 'B-LOC', 'O'],
  ]
  const predicted = [
    ['B-PER', 'O', 'O', 'B-LOC'],
    ['B-LOC', 'O', 'B-ORG', 'O'],
  ]
  const { precision, recall, f1, support, byType } = spanF1(predicted, actual)
  assert.equal({ precision, recall, f1, support }, { precision: 0.5, recall: 0.5, f1: 0.5, support: 4 })
  assert.equal(Object.keys(byType), ['LOC', 'ORG', 'PER'])
  near(byType.LOC.recall, 2 / 3)
  near(byType.LOC.precision, 1)
  near(byType.LOC.f1, 0.8)
  assert.equal(byType.ORG, { precision: 0, recall: 0, f1: 0, support: 0 })
  assert.is(spanF1([['O']], [['O']]).f1, 0)
  assert.throws(() => spanF1([['O']], [['O', 'O']]), /sequence 0 has 1 tags predicted and 2 actual ones/)
})

test('texts where lists of tokens belong are refused', () => {
  const score = bleu as (...given: unknown[]) => unknown
  assert.throws(() => score('a', 'a'), /^bleu: hypotheses are a list, one for each text, not a text \(/)
  assert.throws(() => score(['a'], [[['a']]]), /^bleu: hypothesis 0 is a list of tokens .*, not a text \(/)
  assert.throws(
    () => score([['a']], [['a']]),
    /^bleu: a reference of hypothesis 0 is a list of tokens .*, not a text \(/,
  )
  assert.throws(() => wordErrorRate('a' as never, ['a']), /^wordErrorRate: hypotheses are a list, .*, not a text \(/)
})

test.run()
