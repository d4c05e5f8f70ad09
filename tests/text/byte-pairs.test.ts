// Byte pairs: any text comes back, merges are those that counting by hand finds, and encoding is what merging in their order
// gives.
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytePairs, loadVocabulary } from '../../ts/text/index.js'

const corpus = [
  'the quick brown fox jumps over the lazy dog, the dog sleeps',
  "naïve café déjà vu — 日本語のテキスト and 🧵🪡 threads; it's 2024's 1234567 numbers",
  'aaaa aaa aaaaaaa banana bandana\n\n  indented\ttabs  ',
]

test('any text comes back from its ids', () => {
  const pairs = bytePairs(corpus, { size: 400, special: ['pad', 'eos'] })
  const unpaired = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...corpus, '\ufeffmark', '', ' ', 'a\r\n b'),
      ),
      text => {
        fc.pre(!unpaired.test(text))
        assert.is(pairs.decode(pairs.encode(text, { eos: true })), text)
      },
    ),
    { numRuns: 200 },
  )
  assert.is(pairs.decode(pairs.encode('x\ud800y')), 'x\ufffdy')
  const long = 'ab'.repeat(50_000)
  assert.is(pairs.decode(pairs.encode(long)), long)
})

test('a single text is a text, not a list of characters', () => {
  const options = { size: 260, special: [] }
  assert.equal(bytePairs('low lower lowest', options).toJSON(), bytePairs(['low lower lowest'], options).toJSON())
  assert.is(bytePairs('low lower lowest', options).toJSON().merges!.length, 4)
})

test('the most frequent pair is joined first, of equal ones the smaller', () => {
  const { merges, special } = bytePairs(['low low low lower lower newest newest widest'], {
    size: 265,
    special: ['pad'],
  }).toJSON()
  assert.equal(special, ['pad'])
  const letters = (id: number): string => (id < 256 ? String.fromCharCode(id) : merges![id - 256].map(letters).join(''))
  // 'lo' and 'ow' are there five times, and 'lo' has the smaller first byte.
  assert.equal(merges!.map((_, i) => letters(256 + i)).slice(0, 3), ['lo', 'low', ' low'])
  assert.is(merges!.length, 8)
})

/** Merges as the definition has them: count all pairs anew each time. */
function mergesByDefinition(words: string[], most: number): [number, number][] {
  let lists = words.map(word => [...new TextEncoder().encode(word)])
  const merges: [number, number][] = []
  while (merges.length < most) {
    const counts = new Map<string, number>()
    for (const list of lists)
      for (let i = 1; i < list.length; i++) {
        const key = `${list[i - 1]} ${list[i]}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    const best = [...counts]
      .map(([key, count]) => ({ pair: key.split(' ').map(Number) as [number, number], count }))
      .sort((a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1])[0]
    if (best === undefined || best.count < 2) break
    lists = lists.map(list => merged(list, best.pair, 256 + merges.length))
    merges.push(best.pair)
  }
  return merges
}

function merged(list: number[], [a, b]: [number, number], id: number): number[] {
  const result: number[] = []
  for (let i = 0; i < list.length; i++) {
    if (list[i] === a && list[i + 1] === b) {
      result.push(id)
      i++
    } else result.push(list[i])
  }
  return result
}

test('learning and encoding are what the definitions say', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), minLength: 1, maxLength: 12 }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), maxLength: 30 }),
      (words, text) => {
        const expected = mergesByDefinition(words, 12)
        const pairs = bytePairs(words, { size: 256 + 12 })
        assert.equal(pairs.toJSON().merges, expected)
        assert.is(pairs.size, 256 + expected.length)
        const ids = expected.reduce((list, pair, i) => merged(list, pair, 256 + i), [...new TextEncoder().encode(text)])
        assert.equal([...pairs.encode(text).data()], ids)
      },
    ),
    { numRuns: 100 },
  )
})

test('pairs do not cross words, and rare ones are not joined', () => {
  const pairs = bytePairs(['ab ab ab', 'x1 x1'], { size: 300 })
  const tokens = Array.from({ length: pairs.size - 256 }, (_, i) => pairs.decode([256 + i]))
  assert.equal(tokens, ['ab', ' ab'])
  assert.is(bytePairs(['ab ab'], { size: 300, minFrequency: 3 }).size, 256)
  assert.is(bytePairs([], { size: 300 }).size, 256)
})

test('special tokens have ids of their own, whatever the text says', () => {
  const pairs = bytePairs(corpus, { size: 300, special: ['bos', 'eos'] })
  const ids = [...pairs.encode('<eos>', { bos: true, eos: true }).data()]
  assert.is(ids[0], pairs.special.bos)
  assert.is(ids.filter(id => id === pairs.special.eos).length, 1)
  assert.is(pairs.decode(ids), '<eos>')
  assert.is(pairs.decode(ids, { special: true }), '<bos><eos><eos>')
})

test('they come back from JSON', () => {
  const pairs = bytePairs(corpus, { size: 350, special: ['eos'] })
  const again = loadVocabulary('bytePairs', JSON.stringify(pairs))
  for (const text of corpus) assert.equal(again.encode(text).toArray(), pairs.encode(text).toArray())
  assert.equal(again.special, { eos: 0 })
})

test('what cannot be is refused', () => {
  assert.throws(() => bytePairs(['a'], { size: 256, special: ['eos'] }), /size is an integer of at least 257, not 256/)
  const pairs = bytePairs(['ab ab'], { size: 257 })
  assert.throws(() => pairs.decode([257]), /257 is not an id: the vocabulary has 257 tokens/)
  assert.throws(() => pairs.encode('a', { eos: true }), /no special token 'eos'/)
  const saved = { kind: 'bytePairs', special: [], tokens: [], merges: [[0, 256]] }
  assert.throws(() => loadVocabulary('bytePairs', saved), /merge 0 joins 0 and 256, which are not there yet/)
})

test.run()
