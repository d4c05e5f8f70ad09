// Bytes as text, and text in columns: CSV and CoNLL.
import { checkOptions } from '../core/options.js'
import { describe, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { tensor } from '../ops/tensor.js'
import { checkBytes } from './check.js'

/**
 * The text of bytes: UTF-8, with or without a mark at its beginning, or UTF-16 with one. Throws for bytes that are no such text.
 * @example
 * import { decodeText } from 'heddle/data'
 * decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x68, 0x69)) // 'hi'
 */
export function decodeText(bytes: Uint8Array): string {
  checkBytes('decodeText', bytes)
  const [a, b] = bytes
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw typeError(`decodeText: the ${bytes.length} bytes are no ${encoding} text`)
  }
}

/** Throws unless this is a text. */
function checkText(operation: string, text: unknown): void {
  if (typeof text === 'string') return
  throw typeError(`${operation}: the text is a string (decodeText(await readFile(path))), not ${describe(text)}`)
}

/**
 * The lines of a text, without their ends (LF, CR LF or CR); an end after the last line begins no other.
 * @example
 * import { textLines } from 'heddle/data'
 * textLines('a\r\nb\n') // ['a', 'b']
 */
export function textLines(text: string): string[] {
  checkText('textLines', text)
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** What separates fields and whether the first row names them. */
export interface CsvOptions {
  /** What stands between fields (','); '\t' for TSV. */
  delimiter?: string
  /** The first line has the names of the columns (true); else they are '0', '1', ... */
  header?: boolean
}

/** Rows of fields, and the names of their columns. */
export interface Table {
  columns: string[]
  rows: string[][]
}

/**
 * A table from CSV (RFC 4180): fields in quotation marks may hold delimiters, line ends and, doubled, quotation marks. Empty
 * lines are left out. Throws, with the line, for a row with more or fewer fields than the first, or a quotation that is
 * not closed.
 * @example
 * import { parseCsv } from 'heddle/data'
 * parseCsv('name,age\n"Ada, Countess",36\n').rows // [['Ada, Countess', '36']]
 */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  checkOptions('parseCsv', options, { delimiter: 1, header: 1 })
  checkText('parseCsv', text)
  const { delimiter = ',', header = true } = options
  const rows: string[][] = []
  let fields: string[] = []
  let [line, at, begun] = [1, text.charCodeAt(0) === 0xfeff ? 1 : 0, 1]
  const endRow = (): void => {
    const isEmpty = fields.length === 1 && fields[0] === ''
    if (!isEmpty && rows.length > 0 && fields.length !== rows[0].length) {
      throw rangeError(`parseCsv: line ${begun} has ${fields.length} fields, the first ${rows[0].length}`)
    }
    if (!isEmpty) rows.push(fields)
    fields = []
  }
  while (at < text.length) {
    let field = ''
    if (text[at] === '"') {
      const start = line
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) throw rangeError(`parseCsv: the quotation that begins in line ${start} is not closed`)
        if (text[at] === '"') at++
        if (text[at] === '\n') line++
        field += text[at]
      }
      at++
      if (at < text.length && !text.startsWith(delimiter, at) && text[at] !== '\n' && text[at] !== '\r') {
        throw rangeError(`parseCsv: line ${line}: a quotation ends within a field`)
      }
    } else {
      const start = at
      while (at < text.length && !text.startsWith(delimiter, at) && text[at] !== '\n' && text[at] !== '\r') at++
      field = text.slice(start, at)
    }
    fields.push(field)
    if (text.startsWith(delimiter, at) && at < text.length) {
      at += delimiter.length
      // A delimiter at the very end has an empty field behind it.
      if (at === text.length) fields.push('')
      continue
    }
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    endRow()
    begun = ++line
  }
  if (fields.length > 0) endRow()
  const columns = header ? rows.shift() : rows[0]?.map((_, i) => String(i))
  return { columns: columns ?? [], rows }
}

/**
 * Columns of a table as numbers: float32 [rows, columns]. Throws, with row and column, for a field that is no number, and
 * for a column that is not there.
 * @example
 * import { numericColumns, parseCsv } from 'heddle/data'
 * numericColumns(parseCsv('day,min,max\nMon,3,9.5\n'), ['max', 'min']).toArray() // [[9.5, 3]]
 */
export function numericColumns({ columns, rows }: Table, names: readonly string[] = columns): Tensor {
  const places = names.map(name => {
    const place = columns.indexOf(name)
    if (place < 0) throw rangeError(`numericColumns: there is no column ${JSON.stringify(name)}: ${columns.join(', ')}`)
    return place
  })
  const values = rows.flatMap((row, i) =>
    places.map((place, column) => {
      const value = row[place].trim() === '' ? Number.NaN : Number(row[place])
      if (!Number.isNaN(value)) return value
      const where = `row ${i + 1}, column ${JSON.stringify(names[column])}`
      throw typeError(`numericColumns: ${where} is ${JSON.stringify(row[place])}, which is no number`)
    }),
  )
  return tensor(Float32Array.from(values), { shape: [rows.length, places.length] })
}

/**
 * A table as CSV (RFC 4180, lines ended by LF), numbers with all their digits.
 * @example
 * import { encodeCsv } from 'heddle/data'
 * encodeCsv(['name', 'loss'], [['a "b"', 0.5]]) // 'name,loss\n"a ""b""",0.5\n'
 */
export function encodeCsv(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const field = (value: string | number): string =>
    /[",\r\n]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value)
  return [columns, ...rows].map(row => `${row.map(field).join(',')}\n`).join('')
}

/**
 * Sentences from CoNLL columns: a token with its marks on each line, an empty line after each sentence. `names` are those of
 * the columns; each sentence has a list of texts for each. Lines that begin with `-DOCSTART-` are left out. Throws, with the
 * line, where there are fewer columns than names.
 * @example
 * import { parseConll } from 'heddle/data'
 * parseConll('Jim B-PER\nsings O\n', ['token', 'tag']) // [{ token: ['Jim', 'sings'], tag: ['B-PER', 'O'] }]
 */
export function parseConll<const N extends string>(text: string, names: readonly N[]): Record<N, string[]>[] {
  checkText('parseConll', text)
  const sentences: Record<N, string[]>[] = []
  let current: Record<N, string[]> | undefined
  textLines(text).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('-DOCSTART-')) {
      current = undefined
      return
    }
    const fields = line.includes('\t') ? line.split('\t') : line.trim().split(/ +/)
    if (fields.length < names.length) {
      throw rangeError(`parseConll: line ${i + 1} has ${fields.length} columns, fewer than ${names.join(', ')}`)
    }
    if (current === undefined) {
      current = Object.fromEntries(names.map(name => [name, [] as string[]])) as Record<N, string[]>
      sentences.push(current)
    }
    for (const [column, name] of names.entries()) current[name].push(fields[column])
  })
  return sentences
}
