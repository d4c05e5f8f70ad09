// WAV: sound as RIFF chunks (Microsoft and IBM 1991, "Multimedia Programming Interface and Data Specifications 1.0").
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { tensor } from '../ops/tensor.js'
import { checkBytes } from './check.js'

/** Sound: samples in [-1, 1) as float32 [channels, T], so many of them a second. */
export interface Sound {
  samples: Tensor
  sampleRate: number
}

const PCM = 1
const FLOAT = 3
/** The format proper stands further on. */
const EXTENSIBLE = 0xfffe

/** How a sample of a format is read and written, as a number in [-1, 1). */
interface Coding {
  read(view: DataView, place: number): number
  write(view: DataView, place: number, value: number): void
}

const signed = (bits: number): number => 1 << (bits - 1)

/** Rounded to the nearest level there is, ties to even. */
function level(value: number, bits: number): number {
  const top = bits === 32 ? 2147483648 : signed(bits)
  const scaled = value * top
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  const nearest = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1
  return Number.isNaN(value) ? 0 : Math.min(Math.max(nearest, -top), top - 1)
}

const CODINGS: Record<string, Coding> = {
  '1/8': {
    read: (view, at) => (view.getUint8(at) - 128) / 128,
    write: (view, at, value) => view.setUint8(at, level(value, 8) + 128),
  },
  '1/16': {
    read: (view, at) => view.getInt16(at, true) / 32768,
    write: (view, at, value) => view.setInt16(at, level(value, 16), true),
  },
  '1/24': {
    read: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65536) / 8388608,
    write(view, at, value) {
      const whole = level(value, 24)
      view.setUint16(at, whole & 0xffff, true)
      view.setInt8(at + 2, whole >> 16)
    },
  },
  '1/32': {
    read: (view, at) => view.getInt32(at, true) / 2147483648,
    write: (view, at, value) => view.setInt32(at, level(value, 32), true),
  },
  '3/32': {
    read: (view, at) => view.getFloat32(at, true),
    write: (view, at, value) => view.setFloat32(at, value, true),
  },
  '3/64': {
    read: (view, at) => view.getFloat64(at, true),
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
}

const isTag = (bytes: Uint8Array, at: number, tag: string): boolean =>
  at + 4 <= bytes.length && [...tag].every((letter, i) => bytes[at + i] === letter.charCodeAt(0))

/**
 * The sound of a WAV file: PCM of 8, 16, 24 or 32 bits, floats of 32 or 64. Throws if the bytes are cut off, no such file,
 * or of another coding.
 * @example
 * import { tensor } from 'heddle'
 * import { decodeWav, encodeWav } from 'heddle/data'
 * decodeWav(encodeWav({ samples: tensor([[0, 0.5]]), sampleRate: 8000 })).samples.toArray() // [[0, 0.5]]
 */
export function decodeWav(bytes: Uint8Array): Sound {
  checkBytes('decodeWav', bytes)
  if (!isTag(bytes, 0, 'RIFF') || !isTag(bytes, 8, 'WAVE')) throw new TypeError('decodeWav: this is not a WAV file')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let format: { channels: number; sampleRate: number; stride: number; coding: Coding } | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const [start, length] = [at + 8, view.getUint32(at + 4, true)]
    if (isTag(bytes, at, 'fmt ')) {
      if (length < 16 || start + length > bytes.length) throw new TypeError('decodeWav: the file is cut off')
      const own = view.getUint16(start, true)
      const kind = own === EXTENSIBLE && length >= 26 ? view.getUint16(start + 24, true) : own
      const [channels, bits] = [view.getUint16(start + 2, true), view.getUint16(start + 14, true)]
      const coding = CODINGS[`${kind}/${bits}`]
      if (coding === undefined || channels === 0) {
        throw new TypeError(`decodeWav: format ${kind} with ${bits} bits and ${channels} channels is not read`)
      }
      format = { channels, sampleRate: view.getUint32(start + 4, true), stride: bits / 8, coding }
    }
    if (isTag(bytes, at, 'data')) {
      if (format === undefined) throw new TypeError('decodeWav: the samples come before their format')
      const { channels, sampleRate, stride, coding } = format
      // Programs that write to a pipe do not know the length and say 0xffffffff.
      const there = length === 0xffffffff ? bytes.length - start : length
      if (start + there > bytes.length) {
        throw new TypeError(
          `decodeWav: the file is cut off: ${there} bytes of samples, ${bytes.length - start} are there`,
        )
      }
      const count = Math.floor(there / (channels * stride))
      const samples = new Float32Array(channels * count)
      for (let i = 0; i < count; i++) {
        for (let c = 0; c < channels; c++) {
          samples[c * count + i] = coding.read(view, start + (i * channels + c) * stride)
        }
      }
      return { samples: tensor(samples, { shape: [channels, count] }), sampleRate }
    }
    at = start + length + (length % 2)
  }
  throw new TypeError('decodeWav: the file has no samples')
}

/**
 * A sound as a WAV file: PCM of 8, 16 (the default), 24 or 32 bits, or `'float'`. `samples` are float32 [channels, T] or [T];
 * PCM rounds to the nearest level and clips what lies outside of [-1, 1). Throws for other shapes and bits.
 * @example
 * import { mul, sin, arange, cast } from 'heddle'
 * import { encodeWav } from 'heddle/data'
 * const samples = sin(mul(cast(arange(8000), 'float32'), 0.3))
 * encodeWav({ samples, sampleRate: 8000 }).length // 16044
 */
export function encodeWav(
  { samples, sampleRate }: Sound,
  options: { bits?: 8 | 16 | 24 | 32 | 'float' } = {},
): Uint8Array<ArrayBuffer> {
  checkOptions('encodeWav', options, { bits: 1 })
  const { bits = 16 } = options
  if (samples.dtype !== 'float32' || samples.rank < 1 || samples.rank > 2) {
    throw typeError(
      `encodeWav: samples are float32 [channels, T] or [T], not ${samples.dtype}[${samples.shape.join(', ')}]`,
    )
  }
  if (!Number.isInteger(sampleRate) || sampleRate < 1) {
    throw rangeError(`encodeWav: the sample rate is a positive integer, not ${sampleRate}`)
  }
  const [kind, depth] = bits === 'float' ? [FLOAT, 32] : [PCM, bits]
  const coding = CODINGS[`${kind}/${depth}`]
  if (coding === undefined) throw rangeError(`encodeWav: bits are 8, 16, 24, 32 or 'float', not ${bits}`)
  const [channels, count] = samples.rank === 1 ? [1, samples.size] : samples.shape
  const stride = depth / 8
  const length = channels * count * stride
  const bytes = new Uint8Array(44 + length + (length % 2))
  const view = new DataView(bytes.buffer)
  const tag = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at)
  tag(0, 'RIFF')
  view.setUint32(4, bytes.length - 8, true)
  tag(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, kind, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * channels * stride, true)
  view.setUint16(32, channels * stride, true)
  view.setUint16(34, depth, true)
  tag(36, 'data')
  view.setUint32(40, length, true)
  const data = samples.data()
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) coding.write(view, 44 + (i * channels + c) * stride, data[c * count + i])
  }
  return bytes
}
