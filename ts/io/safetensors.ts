// safetensors (https://github.com/huggingface/safetensors, "Format"): eight bytes with the length of a JSON header, the
// header with name, dtype, shape and place of each tensor, then the values, little-endian, without gaps.
import type { DType, TypedArray } from '../core/dtype.js'
import { sizeOf } from '../core/shape.js'
import { describe, type Tensor } from '../core/tensor.js'
import { located, rangeError, typeError, userSource } from '../errors.js'
import { tensor } from '../ops/tensor.js'
import { crc32 } from './crc32.js'
import { namedTensors } from './tree.js'

/** What a file holds. */
export interface SafetensorsFile {
  /** By name, as `namedTensors` makes them. */
  tensors: Record<string, Tensor>
  /** Texts, with those that were given to `encodeSafetensors`. */
  metadata: Record<string, string>
}

const LENGTH_BYTES = 8
const METADATA = '__metadata__'
/** The metadata's entry with the CRC-32 of header (with NO_SUM in its place) and values; files from elsewhere need not have it. */
const CHECKSUM = 'crc32'
const NO_SUM = '00000000'
/** The longest header that is read, as in the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000

/** A dtype of files: what it becomes here, and how one value is read where that is not its own four bytes (or one). */
interface Kind {
  dtype: DType
  bytes: number
  read?: (view: DataView, place: number) => number
}

const KINDS: Record<string, Kind> = {
  F32: { dtype: 'float32', bytes: 4 },
  I32: { dtype: 'int32', bytes: 4 },
  U32: { dtype: 'uint32', bytes: 4 },
  BOOL: { dtype: 'bool', bytes: 1 },
  F64: { dtype: 'float32', bytes: 8, read: (view, place) => view.getFloat64(place, true) },
  F16: { dtype: 'float32', bytes: 2, read: (view, place) => halfValue(view.getUint16(place, true)) },
  BF16: { dtype: 'float32', bytes: 2, read: (view, place) => brainValue(view.getUint16(place, true)) },
  I64: { dtype: 'int32', bytes: 8, read: (view, place) => Number(view.getBigInt64(place, true)) },
  I16: { dtype: 'int32', bytes: 2, read: (view, place) => view.getInt16(place, true) },
  I8: { dtype: 'int32', bytes: 1, read: (view, place) => view.getInt8(place) },
  U8: { dtype: 'int32', bytes: 1, read: (view, place) => view.getUint8(place) },
}

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  // Powers of two by shifts: they are exact, and the host's pow need not be.
  return (sign * (exponent === 0 ? fraction : (1024 + fraction) * (1 << (exponent - 1)))) / 16777216
}

/** The upper half of a float32. */
const brainValue = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]

const kindOf = (dtype: DType): string => Object.keys(KINDS).find(kind => KINDS[kind].dtype === dtype)!

/** What the header says of one tensor. */
interface Entry {
  dtype: string
  shape: number[]
  data_offsets: [number, number]
}

/**
 * A tree of tensors as the bytes of a safetensors file; a leaf at `.layers[0].w` is named `layers.0.w`. Metadata are
 * texts; one entry, `crc32`, is added. Throws if two leaves would have one name, or if metadata are no texts.
 * @example
 * const params = { layers: [{ w: ones([2, 3]), b: zeros([3]) }] }
 * const bytes = encodeSafetensors(params, { cell: 'lstm' })
 * await writeFileAtomic('model.safetensors', bytes)
 * Object.keys(decodeSafetensors(bytes).tensors) // ['layers.0.b', 'layers.0.w']
 */
export function encodeSafetensors(tree: unknown, metadata: Record<string, string> = {}): Uint8Array<ArrayBuffer> {
  checkWritten(tree, metadata)
  const tensors = namedTensors(tree)
  // Four-byte values first, so that each begins where a typed array may.
  const names = Object.keys(tensors).sort(
    (a, b) => KINDS[kindOf(tensors[b].dtype)].bytes - KINDS[kindOf(tensors[a].dtype)].bytes || (a < b ? -1 : 1),
  )
  const parts = names.map(name => valueBytes(tensors[name].data()))
  let end = 0
  const entries = names.map((name, i): [string, Entry] => {
    const { dtype, shape } = tensors[name]
    const begin = end
    end += parts[i].length
    return [name, { dtype: kindOf(dtype), shape: [...shape], data_offsets: [begin, end] }]
  })
  const values = new Uint8Array(end)
  entries.forEach(([, { data_offsets }], i) => {
    values.set(parts[i], data_offsets[0])
  })
  const headerWith = (checksum: string): Uint8Array => {
    const all = { [METADATA]: { ...metadata, [CHECKSUM]: checksum }, ...Object.fromEntries(entries) }
    const text = new TextEncoder().encode(JSON.stringify(all))
    const padded = new Uint8Array(Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES).fill(0x20)
    padded.set(text)
    return padded
  }
  const header = headerWith(crc32(headerWith(NO_SUM), values))
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(header, LENGTH_BYTES)
  bytes.set(values, LENGTH_BYTES + header.length)
  return bytes
}

/** Throws for no tree, and for metadata that could not be read back. */
function checkWritten(tree: unknown, metadata: unknown): void {
  if (tree === undefined || tree === null) throw typeError(`encodeSafetensors: the tree is ${describe(tree)}`)
  if (!isRecord(metadata)) {
    throw typeError(`encodeSafetensors: metadata are texts by name, as { epoch: '3' }, not ${describe(metadata)}`)
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value === 'string') continue
    throw typeError(`encodeSafetensors: metadata are texts, and ${name} is ${describe(value)}`)
  }
}

/** The header as it was when its checksum was taken. */
function unsummed(header: Uint8Array, checksum: string): Uint8Array {
  const text = new TextDecoder().decode(header)
  return new TextEncoder().encode(text.replace(`"${CHECKSUM}":"${checksum}"`, `"${CHECKSUM}":"${NO_SUM}"`))
}

/**
 * The tensors and the metadata of a safetensors file. F16, BF16 and F64 become float32 (the last rounded), I8, I16, I64 and
 * U8 int32. Throws, before any tensor is made, if the bytes are cut off, altered or no such file, or hold another dtype.
 * @example
 * const bytes = encodeSafetensors({ w: tensor([1, 2]) }, { epoch: '3' })
 * const { tensors, metadata } = decodeSafetensors(bytes)
 * tensors.w // [1, 2]
 * metadata.epoch // '3'
 */
export function decodeSafetensors(source: Uint8Array | ArrayBuffer): SafetensorsFile {
  const bytes = source instanceof ArrayBuffer ? new Uint8Array(source) : source
  if (!(bytes instanceof Uint8Array)) {
    throw typeError(`decodeSafetensors: the bytes are a Uint8Array (await readFile(path)), not ${describe(source)}`)
  }
  const { header, start } = readHeader(bytes)
  const { [METADATA]: metadata = {}, ...entries } = header
  if (!isRecord(metadata) || Object.values(metadata).some(value => typeof value !== 'string')) {
    throw broken('the metadata are not texts')
  }
  const values = bytes.subarray(start)
  checkEntries(entries, values.length)
  const expected = metadata[CHECKSUM] as string | undefined
  const sums = () => [crc32(unsummed(bytes.subarray(LENGTH_BYTES, start), expected!), values), crc32(values)]
  // Files of earlier versions have the sum of their values alone.
  if (expected !== undefined && !sums().includes(expected)) {
    throw broken('the file was altered: it does not have the checksum that was saved with it')
  }
  const tensors = Object.entries(entries).map(([name, { dtype, shape, data_offsets }]) => {
    const kind = KINDS[dtype]
    const data = valueArray(name, kind, new Uint8Array(values.subarray(...data_offsets)))
    return [name, tensor(data, { shape, dtype: kind.dtype })]
  })
  const { [CHECKSUM]: _, ...own } = metadata as Record<string, string>
  return { tensors: Object.fromEntries(tensors), metadata: own }
}

/** Bytes that are not as they were written. */
const broken = (message: string): Error => new Error(located(`safetensors: ${message}`, userSource()))

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw broken(`the file is cut off: it has ${bytes.length} bytes, fewer than its first field`)
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const start = LENGTH_BYTES + length
  if (length > MAX_HEADER_BYTES || (bytes.length > LENGTH_BYTES && bytes[LENGTH_BYTES] !== 0x7b)) {
    throw broken('this is not a safetensors file')
  }
  if (start > bytes.length) {
    throw broken(`the file is cut off: its header ends at byte ${start}, the file at ${bytes.length}`)
  }
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start)))
  } catch {
    throw broken('the header is not JSON: the file was altered or is of another kind')
  }
  if (!isRecord(header)) throw broken('the header is not an object')
  return { header, start }
}

/** Throws unless the entries are well formed and their values lie side by side, without a gap, in so many bytes. */
function checkEntries(entries: Record<string, unknown>, length: number): asserts entries is Record<string, Entry> {
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = isRecord(entry) ? entry : ({} as Record<string, unknown>)
    if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(data_offsets) || data_offsets.length !== 2) {
      throw broken(`the header does not describe ${JSON.stringify(name)}: the file was altered`)
    }
    if (!Object.hasOwn(KINDS, dtype)) {
      const known = Object.keys(KINDS).join(', ')
      throw typeError(`safetensors: ${JSON.stringify(name)} has dtype ${dtype}; those that can be read: ${known}`)
    }
    const needed = sizeOf(shape) * KINDS[dtype].bytes
    if (data_offsets[1] - data_offsets[0] !== needed) {
      throw broken(
        `${JSON.stringify(name)} of shape [${shape.join(', ')}] needs ${needed} bytes, ` +
          `the header gives it ${data_offsets[1] - data_offsets[0]}`,
      )
    }
  }
  const places = Object.values(entries as Record<string, Entry>)
    .map(({ data_offsets }) => data_offsets)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
  let end = 0
  for (const [from, to] of places) {
    if (from !== end) throw broken('values overlap or leave a gap: the file was altered')
    end = to
  }
  if (end > length) {
    throw broken(`the file is cut off: ${end} bytes of values were saved, ${length} are there`)
  }
  if (end < length) throw broken(`the file has ${length - end} bytes more than its header describes`)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(count => Number.isSafeInteger(count) && count >= 0)

// Every engine that runs WebAssembly today is little-endian in its typed arrays, as the format is.
const valueBytes = (data: TypedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The values in bytes of their own. Throws for an integer that does not fit. */
function valueArray(name: string, { dtype, bytes: size, read }: Kind, bytes: Uint8Array<ArrayBuffer>): TypedArray {
  if (read !== undefined) {
    const view = new DataView(bytes.buffer)
    const numbers = Float64Array.from({ length: bytes.length / size }, (_, i) => read(view, i * size))
    const lost = dtype === 'float32' ? undefined : numbers.find(value => value !== (value | 0))
    if (lost === undefined) return dtype === 'float32' ? Float32Array.from(numbers) : Int32Array.from(numbers)
    throw rangeError(`safetensors: ${JSON.stringify(name)} holds ${lost}, which is no int32`)
  }
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer)
    case 'int32':
      return new Int32Array(bytes.buffer)
    case 'uint32':
      return new Uint32Array(bytes.buffer)
    case 'bool':
      return bytes
  }
}
