// safetensors (https://github.com/huggingface/safetensors, "Format"): eight bytes with the length of a JSON header, the
// header with name, dtype, shape and place of each tensor, then the values, little-endian, without gaps.
import type { DType, TypedArray } from '../core/dtype.js'
import { sizeOf } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
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
/** The metadata's entry with the CRC-32 of all values; files from elsewhere need not have it. */
const CHECKSUM = 'crc32'
/** The longest header that is read, as in the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000

const KINDS: Record<string, { dtype: DType; bytes: number }> = {
  F32: { dtype: 'float32', bytes: 4 },
  I32: { dtype: 'int32', bytes: 4 },
  U32: { dtype: 'uint32', bytes: 4 },
  BOOL: { dtype: 'bool', bytes: 1 },
}

const kindOf = (dtype: DType): string => Object.keys(KINDS).find(kind => KINDS[kind].dtype === dtype)!

/** What the header says of one tensor. */
interface Entry {
  dtype: string
  shape: number[]
  data_offsets: [number, number]
}

/**
 * A tree of tensors as the bytes of a safetensors file; a leaf at `.layers[0].w` is named `layers.0.w`. Metadata are
 * texts; one entry, `crc32`, is added. Throws if two leaves would have one name.
 * @example
 * const params = { layers: [{ w: ones([2, 3]), b: zeros([3]) }] }
 * const bytes = encodeSafetensors(params, { cell: 'lstm' })
 * await writeFileAtomic('model.safetensors', bytes)
 * Object.keys(decodeSafetensors(bytes).tensors) // ['layers.0.b', 'layers.0.w']
 */
export function encodeSafetensors(tree: unknown, metadata: Record<string, string> = {}): Uint8Array<ArrayBuffer> {
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
  const text = JSON.stringify({
    [METADATA]: { ...metadata, [CHECKSUM]: crc32(values) },
    ...Object.fromEntries(entries),
  })
  const header = new TextEncoder().encode(text)
  const padded = Math.ceil(header.length / LENGTH_BYTES) * LENGTH_BYTES
  const bytes = new Uint8Array(LENGTH_BYTES + padded + end).fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(header, LENGTH_BYTES)
  bytes.set(values, LENGTH_BYTES + padded)
  return bytes
}

/**
 * The tensors and the metadata of a safetensors file. Throws, before any tensor is made, if the bytes are cut off,
 * altered or no such file, or hold a dtype other than F32, I32, U32, BOOL.
 * @example
 * const bytes = encodeSafetensors({ w: tensor([1, 2]) }, { epoch: '3' })
 * const { tensors, metadata } = decodeSafetensors(bytes)
 * tensors.w // [1, 2]
 * metadata.epoch // '3'
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, start } = readHeader(bytes)
  const { [METADATA]: metadata = {}, ...entries } = header
  if (!isRecord(metadata) || Object.values(metadata).some(value => typeof value !== 'string')) {
    throw new Error('safetensors: the metadata are not texts')
  }
  const values = bytes.subarray(start)
  checkEntries(entries, values.length)
  const expected = metadata[CHECKSUM]
  if (expected !== undefined && expected !== crc32(values)) {
    throw new Error('safetensors: the file was altered: its values do not have the checksum that was saved with them')
  }
  const tensors = Object.entries(entries).map(([name, { dtype, shape, data_offsets }]) => {
    const kind = KINDS[dtype].dtype
    return [name, tensor(valueArray(kind, new Uint8Array(values.subarray(...data_offsets))), { shape, dtype: kind })]
  })
  const { [CHECKSUM]: _, ...own } = metadata as Record<string, string>
  return { tensors: Object.fromEntries(tensors), metadata: own }
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw new Error(`safetensors: the file is cut off: it has ${bytes.length} bytes, fewer than its first field`)
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const start = LENGTH_BYTES + length
  if (length > MAX_HEADER_BYTES || (bytes.length > LENGTH_BYTES && bytes[LENGTH_BYTES] !== 0x7b)) {
    throw new Error('safetensors: this is not a safetensors file')
  }
  if (start > bytes.length) {
    throw new Error(`safetensors: the file is cut off: its header ends at byte ${start}, the file at ${bytes.length}`)
  }
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start)))
  } catch {
    throw new Error('safetensors: the header is not JSON: the file was altered or is of another kind')
  }
  if (!isRecord(header)) throw new Error('safetensors: the header is not an object')
  return { header, start }
}

/** Throws unless the entries are well formed and their values lie side by side, without a gap, in so many bytes. */
function checkEntries(entries: Record<string, unknown>, length: number): asserts entries is Record<string, Entry> {
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = isRecord(entry) ? entry : ({} as Record<string, unknown>)
    if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(data_offsets) || data_offsets.length !== 2) {
      throw new Error(`safetensors: the header does not describe ${JSON.stringify(name)}: the file was altered`)
    }
    if (!Object.hasOwn(KINDS, dtype)) {
      const known = Object.keys(KINDS).join(', ')
      throw new TypeError(`safetensors: ${JSON.stringify(name)} has dtype ${dtype}; those that can be read: ${known}`)
    }
    const needed = sizeOf(shape) * KINDS[dtype].bytes
    if (data_offsets[1] - data_offsets[0] !== needed) {
      throw new Error(
        `safetensors: ${JSON.stringify(name)} of shape [${shape.join(', ')}] needs ${needed} bytes, ` +
          `the header gives it ${data_offsets[1] - data_offsets[0]}`,
      )
    }
  }
  const places = Object.values(entries as Record<string, Entry>)
    .map(({ data_offsets }) => data_offsets)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
  let end = 0
  for (const [from, to] of places) {
    if (from !== end) throw new Error('safetensors: values overlap or leave a gap: the file was altered')
    end = to
  }
  if (end > length) {
    throw new Error(`safetensors: the file is cut off: ${end} bytes of values were saved, ${length} are there`)
  }
  if (end < length) throw new Error(`safetensors: the file has ${length - end} bytes more than its header describes`)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(count => Number.isSafeInteger(count) && count >= 0)

// Every engine that runs WebAssembly today is little-endian in its typed arrays, as the format is.
const valueBytes = (data: TypedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The values in bytes of their own. */
function valueArray(dtype: DType, bytes: Uint8Array<ArrayBuffer>): TypedArray {
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
