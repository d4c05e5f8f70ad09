import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  decodeText,
  encodeCsv,
  numericColumns,
  padSequences,
  parseConll,
  parseCsv,
  textLines,
} from '../../ts/data/index.js'
import { tensor } from '../../ts/index.js'
import { readText, shared } from '../platform.js'

test('text: UTF-8 and UTF-16 by their marks; what is no text is refused', () => {
  const utf16 = (bigEndian: boolean) =>
    Uint8Array.from(
      [
        0xfeff,
        ...[...'é😀']
          .join('')
          .split('')
          .map(unit => unit.charCodeAt(0)),
      ].flatMap(unit => {
        const pair = [unit >> 8, unit & 255]
        return bigEndian ? pair : pair.reverse()
      }),
    )
  assert.is(decodeText(new TextEncoder().encode('é😀')), 'é😀')
  assert.is(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, ...new TextEncoder().encode('é'))), 'é')
  assert.equal([decodeText(utf16(true)), decodeText(utf16(false))], ['é😀', 'é😀'])
  assert.throws(() => decodeText(Uint8Array.of(0x61, 0xff, 0x62)), /the 3 bytes are no utf-8 text/)
  assert.equal(textLines('a\n\nb\r\nc\rd'), ['a', '', 'b', 'c', 'd'])
  assert.equal(textLines(''), [])
})

test('CSV: quotations, line ends of all kinds, empty fields and lines', () => {
  const text = '\ufeffname,note,n\r\n"Ada, C.","says ""hi""\nand goes",1\r\n\r\nBob,,\nEve,"",3'
  assert.equal(parseCsv(text), {
    columns: ['name', 'note', 'n'],
    rows: [
      ['Ada, C.', 'says "hi"\nand goes', '1'],
      ['Bob', '', ''],
      ['Eve', '', '3'],
    ],
  })
  assert.equal(parseCsv('1\t2\n3\t4', { delimiter: '\t', header: false }), {
    columns: ['0', '1'],
    rows: [
      ['1', '2'],
      ['3', '4'],
    ], // prettier-ignore
  })
  assert.equal(parseCsv('a,b\n1,').rows, [['1', '']])
  assert.equal(parseCsv(''), { columns: [], rows: [] })
  assert.throws(() => parseCsv('a,b\n1,2\n"x\ny"\n'), /line 3 has 1 fields, the first 2/)
  assert.throws(() => parseCsv('a\n"b\n'), /the quotation that begins in line 2 is not closed/)
  assert.throws(() => parseCsv('a\n"b"c\n'), /line 2: a quotation ends within a field/)
})

test('CSV: what is written is read again', () => {
  const field = fc.oneof(fc.string(), fc.constantFrom('"', ',', '\n', 'a"b', '\r\n', ' x '))
  const table = fc.integer({ min: 2, max: 4 }).chain(width => {
    const row = fc.array(field, { minLength: width, maxLength: width })
    return fc.tuple(row, fc.array(row, { maxLength: 4 }))
  })
  fc.assert(
    fc.property(table, ([columns, rows]) => {
      fc.pre(!columns[0].startsWith('\ufeff'))
      assert.equal(parseCsv(encodeCsv(columns, rows)), { columns, rows })
    }),
    { numRuns: 100 },
  )
  assert.is(encodeCsv(['x'], [[0.1], [Number.NaN]]), 'x\n0.1\nNaN\n')
})

test('numbers of a table, in the order asked for; what is none is named', () => {
  const table = parseCsv('day,min,max\nMon,3,9.5\nTue, -1e1 ,x\n')
  assert.equal(numericColumns({ ...table, rows: table.rows.slice(0, 1) }, ['max', 'min']).toArray(), [[9.5, 3]])
  assert.equal(numericColumns(table, ['min']).toArray(), [[3], [-10]])
  assert.throws(() => numericColumns(table, ['max']), /row 2, column "max" is "x", which is no number/)
  assert.throws(() => numericColumns(table, ['avg']), /there is no column "avg": day, min, max/)
})

test('CoNLL: sentences of columns, by tabs or spaces', () => {
  const text = '-DOCSTART- O\n\nEU B-ORG\nrejects O\n\n\nNew York\tB-LOC\n'
  assert.equal(parseConll(text, ['token', 'tag']), [
    { token: ['EU', 'rejects'], tag: ['B-ORG', 'O'] },
    { token: ['New York'], tag: ['B-LOC'] },
  ])
  assert.throws(() => parseConll('a O\nb\n', ['token', 'tag']), /line 2 has 1 columns, fewer than token, tag/)
})

test('sequences are filled up at their ends', () => {
  const { values, lengths } = padSequences([[1, 2], [], tensor([3], { dtype: 'int32' })], { value: -1, length: 3 })
  assert.equal(values.toArray(), [
    [1, 2, -1],
    [-1, -1, -1],
    [3, -1, -1],
  ])
  assert.equal([lengths.toArray(), lengths.dtype], [[2, 0, 1], 'int32'])
  assert.equal(padSequences([[1.5, 2, 3]], { dtype: 'float32', length: 2, truncate: true }).values.toArray(), [
    [1.5, 2],
  ])
  const left = { side: 'left', truncate: true } as const
  assert.equal(padSequences([[1, 2, 3], [4], []], { ...left, length: 2, value: 9 }).values.toArray(), [
    [2, 3],
    [9, 4],
    [9, 9],
  ])
  assert.equal(padSequences([[1]], { ...left, length: 0 }).values.shape, [1, 0])
  assert.throws(() => padSequences([[1], [1, 2, 3]], { length: 2 }), /sequence 1 has 3 elements, more than 2/)
})

const real = async (path: string) => readText(new URL(`data/${path}`, shared)).catch(() => null)
const [airline, wikigold] = [
  await real('time-series/airline-passengers.csv'),
  await real('ner-wikigold/CONLL-format/data/wikigold.conll.txt'),
]
;(airline === null ? test.skip : test)('real CSV (data that lie beside the repository)', () => {
  const table = parseCsv(airline!)
  const passengers = numericColumns(table, [table.columns[1]])
  assert.equal(passengers.shape, [144, 1])
  assert.equal([passengers.data()[0], passengers.data()[143]], [112, 432])
})
;(wikigold === null ? test.skip : test)('real CoNLL columns (data that lie beside the repository)', () => {
  const sentences = parseConll(wikigold!, ['token', 'tag'])
  assert.ok(sentences.length > 1000)
  assert.ok(
    sentences.every(({ token, tag }) => token.length === tag.length && tag.every(t => /^(O|[BI]-\w+)$/.test(t))),
  )
})

test('what is no text is refused with the line of the call', () => {
  const parse = parseCsv as (text?: unknown) => unknown
  assert.throws(() => parse(), /^parseCsv: the text is a string .*, not undefined \(.+:\d+:\d+\)$/)
  assert.throws(() => parse(Uint8Array.of(1)), /^parseCsv: the text is a string .*, not an? Uint8Array \(/)
  assert.throws(
    () => parseConll(undefined as never, ['token']),
    /^parseConll: the text is a string .*, not undefined \(/,
  )
  assert.throws(() => textLines(undefined as never), /^textLines: the text is a string .*, not undefined \(/)
})

test('what is no list of sequences is refused', () => {
  const pad = padSequences as (sequences?: unknown) => unknown
  assert.throws(
    () => pad(),
    /^padSequences: the sequences are a list of lists of numbers, not undefined \(.+:\d+:\d+\)$/,
  )
  assert.throws(() => pad([1, 2]), /^padSequences: sequence 0 is the number 1, not a list of numbers or a tensor \(/)
})

test.run()
