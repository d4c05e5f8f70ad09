// Sound as pictures: how loud which pitch is when. The Fourier transform is a product with a matrix: frames are short, and
// a product is what the core does best.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, div, maximum, minimum, mul, rem, square, sub } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { matmul } from '../ops/dot-general.js'
import { exp, log } from '../ops/exponential.js'
import { arange, full, linspace } from '../ops/full.js'
import { expandDims } from '../ops/reshape.js'
import { take } from '../ops/take.js'
import { cos, sin } from '../ops/trigonometric.js'
import { checkCounts } from './check.js'

/** The length of a frame and from where to where frames step. */
export interface SpectrogramOptions {
  /** Samples in a frame. */
  size: number
  /** Samples from one frame to the next (half of the size). */
  hop?: number
}

const SPECTROGRAM_NAMES: OptionNames<SpectrogramOptions> = { size: 1, hop: 1 }

/** 2 pi j k / size for each pair of whole numbers, reduced to one turn before it is rounded. */
const angles = (j: Tensor, k: Tensor, size: number): Tensor =>
  mul(cast(rem(mul(expandDims(j, 1), k), size), 'float32'), (2 * Math.PI) / size)

/**
 * The power spectrum of each frame of `samples` [T], under a periodic Hann window: [frames, size / 2 + 1], from the lowest
 * frequency to half of the sample rate; frames that the samples do not fill are left out. Throws if there is none.
 * @example
 * import { arange, argmax, cast, mul, sin } from 'heddle'
 * import { spectrogram } from 'heddle/data'
 * const tone = sin(mul(cast(arange(256), 'float32'), (2 * 3.14159265) / 8))
 * argmax(spectrogram(tone, { size: 64 }), 1).toArray() // [8, 8, 8, 8, 8, 8, 8]
 */
export function spectrogram(samples: Tensor, options: SpectrogramOptions): Tensor {
  checkOptions('spectrogram', options, SPECTROGRAM_NAMES)
  const { size, hop = Math.floor(size / 2) } = options
  checkCounts('spectrogram', { size, hop })
  if (samples.rank !== 1) throw typeError(`spectrogram: samples are [T], not [${samples.shape.join(', ')}]`)
  const frames = Math.floor((samples.size - size) / hop) + 1
  if (frames < 1) throw rangeError(`spectrogram: ${samples.size} samples do not fill a frame of ${size}`)
  const places = add(expandDims(mul(arange(frames), hop), 1), arange(size))
  const turn = mul(cast(arange(size), 'float32'), (2 * Math.PI) / size)
  const framed = mul(take(samples, places), mul(sub(1, cos(turn)), 0.5))
  const table = angles(arange(size), arange(Math.floor(size / 2) + 1), size)
  return add(square(matmul(framed, cos(table))), square(matmul(framed, sin(table))))
}

/** The bands and what they cover. */
export interface MelOptions {
  /** How many bands. */
  bands: number
  /** Samples in a frame. */
  size: number
  sampleRate: number
  /** The lowest and the highest frequency, in hertz (0 and half of the sample rate). */
  low?: number
  high?: number
}

const MEL_NAMES: OptionNames<MelOptions> = { bands: 1, size: 1, sampleRate: 1, low: 1, high: 1 }

/**
 * The matrix [size / 2 + 1, bands] from power spectra to mel bands: triangles whose corners are evenly spaced on the mel
 * scale, 2595 log10(1 + f / 700) (O'Shaughnessy 1987; HTK's form). Throws unless 0 <= low < high <= sampleRate / 2.
 * @example
 * import { melBands } from 'heddle/data'
 * melBands({ bands: 40, size: 400, sampleRate: 16000 }).shape // [201, 40]
 */
export function melBands(options: MelOptions): Tensor {
  checkOptions('melBands', options, MEL_NAMES)
  const { bands, size, sampleRate, low = 0, high = sampleRate / 2 } = options
  checkCounts('melBands', { bands, size })
  if (!(low >= 0 && low < high && high <= sampleRate / 2)) {
    throw rangeError(`melBands: 0 <= low < high <= ${sampleRate / 2}, not ${low} and ${high}`)
  }
  // The scale up to its factor, which the corners do not depend on: log(1 + f / 700).
  const [from, to] = [low, high].map(frequency => log(full([], 1 + frequency / 700)))
  const scale = add(mul(linspace(0, 1, bands + 2), sub(to, from)), from)
  const corners = mul(sub(exp(scale), 1), 700)
  const side = (start: number) => take(corners, arange(start, start + bands))
  const [left, centre, right] = [side(0), side(1), side(2)]
  const frequencies = expandDims(mul(cast(arange(Math.floor(size / 2) + 1), 'float32'), sampleRate / size), 1)
  const rising = div(sub(frequencies, left), sub(centre, left))
  const falling = div(sub(right, frequencies), sub(right, centre))
  return maximum(minimum(rising, falling), 0)
}

/**
 * Log-mel features, [frames, bands], of samples, one dimension: the natural logarithm of the power in each band, never of less than
 * `floor` (1e-6). Frames of 25 ms every 10 ms, where left out.
 * @example
 * import { random } from 'heddle'
 * import { logMel } from 'heddle/data'
 * logMel(random.normal(random.key(0), [16000]), { sampleRate: 16000, bands: 40 }).shape // [98, 40]
 */
export function logMel(
  samples: Tensor,
  options: Omit<MelOptions, 'size'> & Partial<SpectrogramOptions> & { floor?: number },
): Tensor {
  checkOptions('logMel', options, { ...MEL_NAMES, ...SPECTROGRAM_NAMES, floor: 1 })
  const { sampleRate, bands, floor = 1e-6, ...rest } = options
  const { size = Math.round(sampleRate * 0.025), hop = Math.round(sampleRate * 0.01), ...range } = rest
  const power = matmul(spectrogram(samples, { size, hop }), melBands({ bands, size, sampleRate, ...range }))
  return log(maximum(power, floor))
}
