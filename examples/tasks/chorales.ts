// Bach's chorales: which notes sound at the next quarter, after all that was heard. Each of the 88 keys of a piano is a
// question by itself, and all are answered from one state.
import { readFile } from 'node:fs/promises'
import { cast, concat, div, expandDims, jit, random, slice, sum, type Tensor, tensor, vmap, zeros } from 'heddle'
import { batches } from 'heddle/data'
import { binaryCrossEntropy, chain, dense, lstmCell, type Mode, recurrent, variationalDropout } from 'heddle/nn'
import { lengthMask } from 'heddle/text'
import { runTask } from '../harness/task.ts'

const [KEYS, LOWEST, UNITS, BATCH] = [88, 21, 128, 16]

/** A piece is a list of steps, a step the notes that sound, 21 to 108. */
type Pieces = number[][][]

/** Pieces as rolls [N, T, 88] with their lengths [N]. */
function rolls(pieces: Pieces) {
  const longest = Math.max(...pieces.map(({ length }) => length))
  const roll = new Float32Array(pieces.length * longest * KEYS)
  pieces.forEach((piece, i) => {
    piece.forEach((notes, t) => {
      for (const note of notes) roll[(i * longest + t) * KEYS + note - LOWEST] = 1
    })
  })
  return {
    roll: tensor(roll, { shape: [pieces.length, longest, KEYS] }),
    lengths: tensor(
      pieces.map(({ length }) => length),
      { dtype: 'int32' },
    ),
  }
}

const model = chain(
  recurrent(variationalDropout(lstmCell(UNITS, { forgetBias: 1 }), { input: 0.1, state: 0.3, output: 0.3 })),
  dense(KEYS),
)
type Params = ReturnType<typeof model.init>

/** Nats of all steps of one piece: what came before each [T, 88], silence before the first. */
function surprise(params: Params, roll: Tensor, length: Tensor, mode?: Mode): Tensor {
  const before = concat([zeros([1, KEYS]), slice(roll, [0, 0], [roll.shape[0] - 1, KEYS])], 0)
  const logits = model.apply(params, before, { ...mode, length })
  const isIn = cast(lengthMask(length, roll.shape[0]), 'float32')
  return binaryCrossEntropy(logits, roll, { reduction: 'sum', weights: expandDims(isIn, 1) })
}

/** Nats a step over pieces; with a key as in training. */
function error(params: Params, { roll, lengths }: ReturnType<typeof rolls>, key?: Tensor): Tensor {
  const nats =
    key === undefined
      ? vmap((own: Tensor, length: Tensor) => surprise(params, own, length))(roll, lengths)
      : vmap((own: Tensor, length: Tensor, one: Tensor) => surprise(params, own, length, { train: true, key: one }))(
          roll,
          lengths,
          random.bits(key, [roll.shape[0], 2]),
        )
  return div(sum(nats), sum(cast(lengths, 'float32')))
}

await runTask({
  name: 'chorales',
  about: "Bach's chorales, a quarter a step (Boulanger-Lewandowski et al. 2012)",
  steps: 1500,
  data: 'jsb-chorales-quarter.json of https://github.com/czhuang/JSB-Chorales-dataset',
  async run({ key, train, data }) {
    const { train: learnt, valid, test } = JSON.parse(await readFile(data!, 'utf8')) as Record<string, Pieces>
    const [modelKey, orderKey] = random.split(key)
    const { at } = batches(rolls(learnt), { batch: BATCH, key: orderKey })
    const [validation, tests] = [rolls(valid), rolls(test)]
    const nats = jit((params: Params, pieces: typeof tests) => error(params, pieces))
    const params = await train('LSTM', model.init(modelKey, { shape: [1, KEYS] }), {
      loss: (p, own, step) => error(p, at(step), own),
      learningRate: 1e-2,
      validate: p => nats(p, validation),
      every: 100,
    })
    const value = nats(params, tests).item()
    return [
      { name: 'LSTM, nats a step', value, published: '8.67, a GRU 8.54 (Chung et al. 2014)', holds: value <= 8.7 },
    ]
  },
})
