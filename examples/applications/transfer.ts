// What a network knows of half of the digits helps with the other half: a convolutional network learns 0 to 4 from all their
// images, then 5 to 9 from 20 images of each, beside the same network that learns those 100 images from scratch.
import {
  argsort,
  countNonzero,
  expandDims,
  flatten,
  less,
  mul,
  random,
  slice,
  sub,
  type Tensor,
  take,
  tensor,
  vmap,
} from 'heddle'
import { batches } from 'heddle/data'
import { chain, conv2d, crossEntropy, dense, initializers, maxPool, relu } from 'heddle/nn'
import { adam, freeze, multiTransform, type Optimizer } from 'heddle/optim'
import { type Digits, digits, percentRight, toUnit } from '../harness/digits.ts'
import { round, runTask } from '../harness/task.ts'

const [BATCH, EACH, DRAWS] = [50, 20, 3]
const init = initializers.heNormal

const body = chain(
  (image: Tensor) => expandDims(toUnit(image), 0),
  conv2d(10, 5, { init }),
  relu,
  maxPool(2),
  conv2d(20, 5, { init }),
  relu,
  maxPool(2),
  flatten,
  dense(64, { init }),
  relu,
)
const model = chain(body, dense(5))
type Params = ReturnType<typeof model.init>

const logits = vmap((params: Params, image: Tensor) => model.apply(params, image), [null, 0])

/** The digits below 5, or those from 5 on with labels from 0. */
function half({ images, labels }: Digits, isUpper: boolean): Digits {
  const order = argsort(labels)
  const lower = countNonzero(less(labels, 5)).item()
  const places = isUpper ? slice(order, [lower]) : slice(order, [0], [lower])
  return { images: take(images, places), labels: sub(take(labels, places), isUpper ? 5 : 0) }
}

/** `EACH` images of each class, drawn by the key. */
function few({ images, labels }: Digits, key: Tensor): Digits {
  const order = random.permutation(key, labels.size).toArray() as number[]
  const classOf = labels.toArray() as number[]
  const chosen = [0, 1, 2, 3, 4].flatMap(digit => order.filter(place => classOf[place] === digit).slice(0, EACH))
  const places = tensor(chosen, { dtype: 'int32' })
  return { images: take(images, places), labels: take(labels, places) }
}

const mean = (list: number[]): number => list.reduce((a, b) => a + b, 0) / list.length

await runTask({
  name: 'transfer',
  about: 'MNIST: from 0 to 4 with all labels, to 5 to 9 with 100',
  steps: 2000,
  async run({ key, steps, train }) {
    const [modelKey, orderKey, headKey, drawKey] = random.split(key, 4)
    const [all, test] = [await digits('train'), half(await digits('t10k'), true)]
    const [known, others] = [half(all, false), half(all, true)]
    const lossOn = (data: Digits, batch: number) => {
      const { at } = batches(data, { batch, key: orderKey })
      return (params: Params, _key: Tensor, step: Tensor): Tensor => {
        const { images, labels } = at(step)
        return crossEntropy(logits(params, images), labels)
      }
    }
    const start = model.init(modelKey, { shape: [28, 28] })
    const [trained] = await train('0 to 4', start, { loss: lossOn(known, BATCH), learningRate: 2e-3 })
    const fresh = model.init(headKey, { shape: [28, 28] })

    const right: Record<string, number[]> = { scratch: [], frozen: [], tuned: [] }
    for (let draw = 0; draw < DRAWS; draw++) {
      const loss = lossOn(few(others, random.foldIn(drawKey, draw)), BATCH)
      const short = Math.ceil(steps / 8)
      // From scratch: the head and the body are new.
      const scratch = await train('5 to 9, from scratch', fresh, { loss, learningRate: 2e-3, steps: 2 * short })
      // The body as it is, and a new head; then both, the body ten times slower.
      const frozen = await train('5 to 9, body frozen', [trained, fresh[1]] as Params, {
        loss,
        learningRate: 5e-3,
        steps: short,
        optimizer: rate => freeze(adam(rate), '0') as Optimizer,
      })
      const tuned = await train('5 to 9, fine-tuned', frozen, {
        loss,
        learningRate: 1e-3,
        steps: short,
        optimizer: rate => {
          const slow = (step: Tensor): Tensor => mul(0.1, rate(step))
          return multiTransform({ body: adam(slow), head: adam(rate) }, name =>
            name.startsWith('0') ? 'body' : 'head',
          ) as Optimizer
        },
      })
      for (const [name, params] of Object.entries({ scratch, frozen, tuned })) {
        right[name].push(percentRight(logits, params, test))
      }
    }
    const scratch = mean(right.scratch)
    return (['frozen', 'tuned'] as const).map(name => ({
      name: `5 to 9, body ${name === 'frozen' ? 'frozen' : 'fine-tuned'}, % right of ${test.labels.size}`,
      value: mean(right[name]),
      baseline: `${round(scratch)} (the same ${5 * EACH} labels from scratch; means of ${DRAWS} draws)`,
      holds: mean(right[name]) > scratch,
    }))
  },
})
