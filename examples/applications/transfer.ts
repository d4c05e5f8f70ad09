// What a network knows of half of the digits helps with the other half: a convolutional network learns 0 to 4 from all their
// images and is saved; its body is loaded, frozen under a new head and then fine-tuned on 20 images of each of 5 to 9,
// beside the same network that learns those 100 images from scratch.
import {
  argsort,
  countNonzero,
  expandDims,
  flatten,
  less,
  mul,
  random,
  slice,
  stack,
  sub,
  type Tensor,
  take,
  tensor,
  vmap,
} from 'heddle'
import { batches } from 'heddle/data'
import { encodeSafetensors, loadInto } from 'heddle/io'
import { chain, conv2d, crossEntropy, dense, dropout, initializers, type Mode, maxPool, relu } from 'heddle/nn'
import { adam, freeze, multiTransform, type Optimizer } from 'heddle/optim'
import { type Digits, digits, percentRight, toUnit } from '../harness/digits.ts'
import { round, runTask } from '../harness/task.ts'

const [BATCH, EACH, DRAWS, RATE] = [50, 20, 3, 0.5]
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
)
const head = chain(dropout(RATE), dense(64, { init }), relu, dropout(RATE), dense(5))
const initHead = (key: Tensor) => head.init(key, { shape: [320] })
const initBody = (key: Tensor) => body.init(key, { shape: [28, 28] })

interface Params {
  body: ReturnType<typeof initBody>
  head: ReturnType<typeof initHead>
}
const start = (bodyKey: Tensor, headKey: Tensor): Params => ({ body: initBody(bodyKey), head: initHead(headKey) })

const logitsOf = (params: Params, image: Tensor, mode?: Mode): Tensor =>
  head.apply(params.head, body.apply(params.body, image), mode)
const logits = vmap((params: Params, image: Tensor) => logitsOf(params, image), [null, 0])

/** The loss on a batch; each image has a key of its own, for what is dropped. */
function lossOf(params: Params, { images, labels }: Digits, key: Tensor): Tensor {
  const each = (image: Tensor, own: Tensor) => logitsOf(params, image, { train: true, key: own })
  return crossEntropy(vmap(each)(images, stack(random.split(key, images.shape[0]))), labels)
}

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
  steps: 3000,
  async run({ key, steps, train }) {
    const [bodyKey, headKey, orderKey, drawKey] = random.split(key, 4)
    const [all, test] = [await digits('train'), half(await digits('t10k'), true)]
    const [known, others] = [half(all, false), half(all, true)]
    const lossOn = (data: Digits) => {
      const { at } = batches(data, { batch: BATCH, key: orderKey })
      return (params: Params, stepKey: Tensor, step: Tensor) => lossOf(params, at(step), stepKey)
    }

    const learnt = await train('0 to 4', start(bodyKey, headKey), { loss: lossOn(known), learningRate: 2e-3 })
    const file = encodeSafetensors(learnt)
    const short = Math.ceil(steps / 5)
    const right: Record<'scratch' | 'frozen' | 'tuned', number[]> = { scratch: [], frozen: [], tuned: [] }
    for (let draw = 0; draw < DRAWS; draw++) {
      const loss = lossOn(few(others, random.foldIn(drawKey, draw)))
      const fresh = start(...(random.split(random.foldIn(bodyKey, draw)) as [Tensor, Tensor]))
      const scratch = await train('5 to 9, from scratch', fresh, { loss, learningRate: 2e-3, steps: 2 * short })

      // The body is the file's and stays as it is; the head is new.
      const loaded = loadInto(fresh, file, { rename: { head: null }, partial: true })
      const frozen = await train('5 to 9, a new head', loaded, {
        loss,
        learningRate: 3e-3,
        steps: short,
        optimizer: rate => freeze(adam(rate), 'body') as Optimizer,
      })
      // Then both go on, the body at half the rate.
      const tuned = await train('5 to 9, fine-tuned', frozen, {
        loss,
        learningRate: 2e-3,
        steps: short,
        optimizer: rate => {
          const slow = (step: Tensor): Tensor => mul(0.5, rate(step))
          const groups = { body: adam(slow), head: adam(rate) }
          return multiTransform(groups, name => (name.startsWith('body') ? 'body' : 'head')) as Optimizer
        },
      })
      right.scratch.push(percentRight(logits, scratch, test))
      right.frozen.push(percentRight(logits, frozen, test))
      right.tuned.push(percentRight(logits, tuned, test))
    }
    const scratch = mean(right.scratch)
    return (['frozen', 'tuned'] as const).map(name => ({
      name: `5 to 9, body ${name}, % right of ${test.labels.size}`,
      value: mean(right[name]),
      baseline: `${round(scratch)} (the same ${5 * EACH} labels from scratch; means of ${DRAWS} draws)`,
      holds: mean(right[name]) > scratch,
    }))
  },
})
