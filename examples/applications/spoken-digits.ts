// Spoken digits, heard in two ways. One network writes down phonemes: a recurrence over the sound, taught by CTC, which needs
// no times of them (Graves et al. 2006); the digit is the one whose phonemes are likeliest. Another names the digit at once:
// convolutions over the spectrogram as over a picture, and a recurrence over what they see.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  add,
  arange,
  argmax,
  argmin,
  broadcastTo,
  cast,
  div,
  expandDims,
  floorDivide,
  full,
  jit,
  less,
  moveaxis,
  mul,
  random,
  reshape,
  at as row,
  softmax,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  vmap,
  where,
} from 'heddle'
import { batches, decodeWav, logMel, padSequences } from 'heddle/data'
import { ctcGreedy } from 'heddle/decode'
import { writeFileAtomic } from 'heddle/io'
import {
  bidirectional,
  chain,
  conv2d,
  crossEntropy,
  ctcLoss,
  dense,
  gruCell,
  initializers,
  type Layer,
  maxPool,
  recurrent,
  relu,
  variationalDropout,
} from 'heddle/nn'
import { heatMap } from 'heddle/plot'
import { tokenErrorRate } from 'heddle/text'
import { round, runTask } from '../harness/task.ts'

const [RATE, BANDS, UNITS, BATCH] = [8000, 32, 64, 32]
/** Samples in a frame and from one frame to the next, and the frames, a second of them, that are heard of a recording. */
const [SIZE, HOP, FRAMES] = [256, 80, 100]
const LONGEST = SIZE + (FRAMES - 1) * HOP

/** The digits' sounds, as the CMU pronouncing dictionary writes them. */
const SOUNDS = [
  'Z IH R OW',
  'W AH N',
  'T UW',
  'TH R IY',
  'F AO R',
  'F AY V',
  'S IH K S',
  'S EH V AH N',
  'EY T',
  'N AY N',
].map(text => text.split(' '))
const phonemes = ['blank', ...new Set(SOUNDS.flat())]
const spelled = padSequences(SOUNDS.map(own => own.map(phoneme => phonemes.indexOf(phoneme))))

// ---- recordings ----

/** The recordings of a folder that are to test (takes 0 to 4 of each speaker) or to learn: `7_jackson_32.wav`. */
function recordings(folder: string, isTest: boolean) {
  const files = readdirSync(folder)
    .sort()
    .map(file => /^(\d)_(\w+)_(\d+)\.wav$/.exec(file))
    .filter(name => name !== null)
    .filter(([, , , number]) => Number(number) < 5 === isTest)
  if (files.length === 0) throw new Error(`${folder}: there are no recordings such as 7_jackson_32.wav in this folder`)
  const sounds = files.map(([file]) => decodeWav(readFileSync(join(folder, file))).samples.data() as Float32Array)
  const { values, lengths } = padSequences(sounds, { length: LONGEST, dtype: 'float32', truncate: true })
  return {
    ...listen(values, lengths),
    digit: tensor(
      files.map(([, digit]) => Number(digit)),
      { dtype: 'int32' },
    ),
  }
}

/** Log-mel features [N, FRAMES, BANDS], of mean 0 and variance 1 in each recording, and how many frames there are of each. */
const listen = jit(
  vmap((samples: Tensor, length: Tensor) => {
    const loud = logMel(samples, { sampleRate: RATE, bands: BANDS, size: SIZE, hop: HOP })
    const frames = add(floorDivide(sub(length, SIZE), HOP), 1)
    const isIn = expandDims(less(arange(FRAMES), frames), 1)
    const average = (x: Tensor) => div(sum(where(isIn, x, 0)), mul(BANDS, cast(frames, 'float32')))
    const centred = sub(loud, average(loud))
    return { sound: where(isIn, div(centred, sqrt(average(square(centred)))), 0), frames }
  }),
)
type Recordings = ReturnType<typeof recordings>

/** The plain baseline: the digit whose recordings have, on average, the nearest mean spectrum. */
function nearestSpectrum(learnt: Recordings, tested: Recordings): number[] {
  const spectrum = ({ sound, frames }: Recordings) =>
    div(sum(sound, { axis: 1 }), expandDims(cast(frames, 'float32'), 1))
  const own = spectrum(learnt)
  const digits = learnt.digit.data()
  const means = stack(
    SOUNDS.map((_, digit) => {
      const isOwn = tensor(Array.from(digits, other => (other === digit ? 1 : 0)))
      return div(sum(mul(own, expandDims(isOwn, 1)), { axis: 0 }), sum(isOwn))
    }),
  )
  const distances = sum(square(sub(expandDims(spectrum(tested), 1), means)), { axis: 2 })
  return argmin(distances, 1).toArray() as number[]
}

// ---- networks ----

const cell = variationalDropout(gruCell(UNITS), { input: 0.2, output: 0.3 })

/** [FRAMES, BANDS] -> [FRAMES / 2, logits of phonemes]: two frames are one step. */
const writer = chain(
  (sound: Tensor) => reshape(sound, [FRAMES / 2, 2 * BANDS]),
  bidirectional(cell),
  bidirectional(cell),
  dense(phonemes.length),
)

/** [FRAMES, BANDS] -> logits of the ten digits: a step of the recurrence is what filters see in four frames. */
const namer = chain(
  (sound: Tensor) => expandDims(sound, 0),
  conv2d(16, 3, { padding: 'same', init: initializers.heNormal }),
  relu,
  maxPool(2),
  conv2d(32, 3, { padding: 'same', init: initializers.heNormal }),
  relu,
  maxPool(2),
  (seen: Tensor) => reshape(moveaxis(seen, 0, 1), [seen.shape[1], -1]),
  recurrent(cell, { returnSequences: false }),
  dense(10),
)

/** `layer` over many recordings: of each so many steps count; with a key as in training. */
function over<P>(layer: Layer<P>, params: P, sound: Tensor, lengths: Tensor, key?: Tensor): Tensor {
  const keys = random.bits(key ?? random.key(0), [sound.shape[0], 2])
  const one = (x: Tensor, length: Tensor, own: Tensor) =>
    layer.apply(params, x, { length, train: key !== undefined, key: own })
  return vmap(one)(sound, lengths, keys)
}

/** How many steps there are of so many frames. */
const stepsOf = (frames: Tensor, each: number): Tensor => floorDivide(add(frames, each - 1), each)

await runTask({
  name: 'spoken-digits',
  about: 'Spoken digits: phonemes by CTC, and the digit by convolutions and a recurrence',
  steps: 600,
  data: 'the folder `recordings` of https://github.com/Jakobovski/free-spoken-digit-dataset',
  out: 'spoken-digits.svg',
  async run({ key, train, data, out }) {
    const [learnt, tested] = [recordings(data!, false), recordings(data!, true)]
    const [writerKey, namerKey, orderKey] = random.split(key, 3)
    const { at } = batches(learnt, { batch: BATCH, key: orderKey })
    const learningRate = 4e-3

    const writes = (params: typeof writerStart, { sound, frames }: Recordings, own?: Tensor) =>
      over(writer, params, sound, stepsOf(frames, 2), own)
    const writerStart = writer.init(writerKey, { shape: [FRAMES, BANDS] })
    const written = await train('CTC', writerStart, {
      loss(params, own, step) {
        const batch = at(step)
        const targets = take(spelled.values, batch.digit)
        const lengths = { inputLengths: stepsOf(batch.frames, 2), targetLengths: take(spelled.lengths, batch.digit) }
        return ctcLoss(writes(params, batch, own), targets, { ...lengths, zeroInfinity: true })
      },
      learningRate,
    })

    const names = (params: typeof namerStart, { sound, frames }: Recordings, own?: Tensor) =>
      over(namer, params, sound, stepsOf(frames, 4), own)
    const namerStart = namer.init(namerKey, { shape: [FRAMES, BANDS] })
    const named = await train('convolutions', namerStart, {
      loss(params, own, step) {
        const batch = at(step)
        return crossEntropy(names(params, batch, own), batch.digit)
      },
      learningRate,
    })

    // How likely the phonemes of each digit are, and the likeliest phonemes at all.
    const logits = jit((p: typeof written) => writes(p, tested))(written)
    const lengths = stepsOf(tested.frames, 2)
    const count = logits.shape[0]
    const surprise = SOUNDS.map((sounds, digit) =>
      ctcLoss(logits, broadcastTo(row(spelled.values, digit), [count, spelled.values.shape[1]]), {
        inputLengths: lengths,
        targetLengths: full([count], sounds.length, 'int32'),
        reduction: 'none',
      }),
    )
    const truth = tested.digit.toArray() as number[]
    const wrong = (digits: number[]): number => (100 * digits.filter((digit, i) => digit !== truth[i]).length) / count
    const spoken = ctcGreedy(logits, { lengths }).map(ids => ids.map(id => phonemes[id]))
    const missed = (said: string[][]): number =>
      100 *
      tokenErrorRate(
        said,
        truth.map(digit => SOUNDS[digit]),
      )

    // When phonemes are written, of the first recording with the most of them that is right.
    const rights = truth.flatMap((digit, i) => (spoken[i].join() === SOUNDS[digit].join() ? [i] : []))
    const shown = rights.reduce((a, b) => (spoken[b].length > spoken[a].length ? b : a), rights[0] ?? 0)
    const when = softmax(row(logits, shown)).toArray() as number[][]
    const columns = when.slice(0, (lengths.toArray() as number[])[shown])
    const drawing = heatMap(
      phonemes.map((_, phoneme) => columns.map(step => step[phoneme])),
      { title: `A ${truth[shown]} is heard`, rowLabels: phonemes, xLabel: 'time, 20 ms a step', cell: 16 },
    )
    await writeFileAtomic(out, drawing)
    console.log(`drawn: ${out}`)

    const plain = nearestSpectrum(learnt, tested)
    const figures = {
      'CTC, % of phonemes wrong': [missed(spoken), missed(plain.map(digit => SOUNDS[digit]))],
      'CTC, % of digits wrong': [wrong(argmin(stack(surprise), 0).toArray() as number[]), wrong(plain)],
      'convolutions, % of digits wrong': [
        wrong(argmax(jit((p: typeof named) => names(p, tested))(named), 1).toArray() as number[]),
        wrong(plain),
      ],
    }
    return Object.entries(figures).map(([name, [value, other]]) => ({
      name,
      value,
      baseline: `${round(other)} (nearest mean spectrum)`,
      holds: value < other,
    }))
  },
})
