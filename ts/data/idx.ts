// IDX, the format of MNIST (LeCun et al. 1998, http://yann.lecun.com/exdb/mnist, "the IDX file format"): two zero bytes, the
// type, the number of dimensions, the dimensions, the values, all big-endian.
import { sizeOf } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { tensor } from '../ops/tensor.js'
import { checkBytes } from './check.js'

const TYPES: Record<number, { bytes: number; read(view: DataView, place: number): number; isFloat?: boolean }> = {
  8: { bytes: 1, read: (view, place) => view.getUint8(place) },
  9: { bytes: 1, read: (view, place) => view.getInt8(place) },
  11: { bytes: 2, read: (view, place) => view.getInt16(place) },
  12: { bytes: 4, read: (view, place) => view.getInt32(place) },
  13: { bytes: 4, read: (view, place) => view.getFloat32(place), isFloat: true },
  14: { bytes: 8, read: (view, place) => view.getFloat64(place), isFloat: true },
}

/**
 * The tensor of an IDX file: int32 for its integers, float32 for its floats (of 64 bits: rounded). Throws if the bytes are
 * cut off, too many, or no such file.
 * @example
 * import { decodeIdx } from 'heddle/data'
 * decodeIdx(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 255)).toArray() // [[7, 8, 255]]
 */
export function decodeIdx(bytes: Uint8Array): Tensor {
  checkBytes('decodeIdx', bytes)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw typeError('decodeIdx: the file is compressed: gunzip it first')
  const type = TYPES[bytes[2]]
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    throw typeError('decodeIdx: this is not an IDX file')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const rank = bytes[3]
  const start = 4 + 4 * rank
  if (bytes.length < start) throw typeError('decodeIdx: the file is cut off within its dimensions')
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const count = sizeOf(shape)
  const [needed, there] = [count * type.bytes, bytes.length - start]
  if (needed !== there) {
    throw typeError(`decodeIdx: shape [${shape.join(', ')}] needs ${needed} bytes of values, ${there} are there`)
  }
  // Images: millions of bytes, copied at once.
  if (bytes[2] === 8) return tensor(new Int32Array(bytes.subarray(start)), { shape })
  const values = type.isFloat ? new Float32Array(count) : new Int32Array(count)
  for (let i = 0; i < count; i++) values[i] = type.read(view, start + i * type.bytes)
  return tensor(values, { shape })
}

/**
 * The bytes that gzip compressed. Throws if they are no such.
 * @example
 * import { gunzip } from 'heddle/data'
 * const load = async (path: string) => decodeIdx(await gunzip(await readFile(path)))
 */
export async function gunzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  checkBytes('gunzip', bytes)
  const { readable, writable } = new DecompressionStream('gzip')
  const [writer, reader] = [writable.getWriter(), readable.getReader()]
  const written = writer.write(new Uint8Array(bytes)).then(() => writer.close())
  // What fails is told once, below, and by none of the promises besides.
  for (const promise of [written, writer.closed, reader.closed]) promise.catch(() => {})
  const parts: Uint8Array[] = []
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value)
  } catch (error) {
    throw new TypeError('gunzip: the bytes are not compressed by gzip, or cut off', { cause: error })
  }
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
