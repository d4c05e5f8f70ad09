// Clips: which digit moves, and which way? A convolutional network sees each frame, a recurrent one what follows on what.
// Beside it the same without recurrence: the mean of the frames, which has no order.
import {
  add,
  arange,
  argmax,
  at,
  cast,
  equal,
  expandDims,
  flatten,
  floorDivide,
  jit,
  mean,
  mul,
  random,
  stack,
  type Tensor,
  take,
  tensor,
  vmap,
} from 'heddle'
import {
  chain,
  conv2d,
  crossEntropy,
  dense,
  gruCell,
  initializers,
  type Layer,
  maxPool,
  recurrent,
  relu,
  timeDistributed,
} from 'heddle/nn'
import { cropped, digits, placed } from '../harness/digits.ts'
import { round, runTask } from '../harness/task.ts'

const [SIZE, FRAMES, BATCH, TESTED] = [32, 5, 32, 2000]

/** Right, left, down, up: rows and columns in a frame. */
const WAYS = tensor(
  [
    [0, 2],
    [0, -2],
    [2, 0],
    [-2, 0],
  ],
  { dtype: 'int32' },
)
const CLASSES = 10 * WAYS.shape[0]

interface Clips {
  /** [N, FRAMES, SIZE, SIZE] */
  clip: Tensor
  /** The digit times four, plus the way [N]. */
  label: Tensor
}

/** Clips of digits of a part; all follows from the key. */
async function clips(part: 'train' | 't10k') {
  const { images, labels } = await digits(part)
  const pool = cropped(images)
  const one = (key: Tensor): Clips => {
    const [digitKey, wayKey, startKey] = random.split(key, 3)
    const place = random.randint(digitKey, [], 0, labels.size)
    const way = random.randint(wayKey, [], 0, WAYS.shape[0])
    const step = take(WAYS, way)
    // In the middle of the clip it is anywhere where it stays within the frame.
    const middle = random.randint(startKey, [2], FRAMES - 1, SIZE - 20 - FRAMES + 2)
    const frame = (time: Tensor): Tensor => {
      const corner = add(middle, mul(step, time))
      return placed(take(pool, place), SIZE, at(corner, 0), at(corner, 1))
    }
    const times = arange(-(FRAMES >> 1), (FRAMES >> 1) + 1)
    return { clip: vmap(frame)(times), label: add(mul(take(labels, place), WAYS.shape[0]), way) }
  }
  return (key: Tensor, count = BATCH): Clips => vmap(one)(stack(random.split(key, count)))
}

const init = initializers.heNormal

/** One frame [SIZE, SIZE] as a vector. */
const seen = timeDistributed(
  chain(
    (frame: Tensor) => expandDims(frame, 0),
    conv2d(8, 5, { init }),
    relu,
    maxPool(2),
    conv2d(16, 5, { init }),
    relu,
    maxPool(2),
    flatten,
    dense(64, { init }),
    relu,
  ),
)

const networks = {
  'CNN and GRU': chain(seen, recurrent(gruCell(64), { returnSequences: false }), dense(CLASSES)) as Layer<unknown>,
  'mean of frames': chain(seen, (xs: Tensor) => mean(xs, { axis: 0 }), dense(CLASSES)) as Layer<unknown>,
}

await runTask({
  name: 'clips',
  about: 'Clips of moving digits: which digit, and which way',
  steps: 2500,
  async run({ key, train }) {
    const [modelKey, testKey] = random.split(key)
    const [learnt, tested] = [await clips('train'), (await clips('t10k'))(testKey, TESTED)]
    const right: Record<string, { all: number; digit: number }> = {}
    for (const [name, model] of Object.entries(networks)) {
      const logits = vmap((params: unknown, clip: Tensor) => model.apply(params, clip), [null, 0])
      const params = await train(name, model.init(modelKey, { shape: [FRAMES, SIZE, SIZE] }) as object, {
        loss(own: object, stepKey: Tensor) {
          const { clip, label } = learnt(stepKey)
          return crossEntropy(logits(own, clip), label)
        },
        learningRate: 3e-3,
      })
      const guess = jit((own: object, clip: Tensor) => argmax(logits(own, clip), -1))(params, tested.clip)
      const share = (a: Tensor, b: Tensor): number => 100 * mean(cast(equal(a, b), 'float32')).item()
      const digitOf = (label: Tensor): Tensor => floorDivide(label, WAYS.shape[0])
      right[name] = { all: share(guess, tested.label), digit: share(digitOf(guess), digitOf(tested.label)) }
    }
    const [own, plain] = [right['CNN and GRU'], right['mean of frames']]
    return [
      {
        name: `digit and way, % right of ${TESTED}`,
        value: own.all,
        baseline: `${round(plain.all)} (the mean of the frames in the place of recurrence)`,
        holds: own.all > plain.all + 20,
      },
      {
        name: 'digit alone, %',
        value: own.digit,
        baseline: `${round(plain.digit)} (the same)`,
        holds: own.digit > plain.digit - 2,
      },
    ]
  },
})
