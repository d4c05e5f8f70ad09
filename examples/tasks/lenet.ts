// Handwritten digits seen whole: the course's convolutional network, two convolutions and pools and a dense layer.
import { expandDims, flatten, type Tensor, vmap } from 'heddle'
import { batches } from 'heddle/data'
import { chain, conv2d, crossEntropy, dense, initializers, maxPool, relu } from 'heddle/nn'
import { digits, percentRight, toUnit } from '../harness/digits.ts'
import { runTask } from '../harness/task.ts'

const BATCH = 64
const init = initializers.heNormal

const model = chain(
  (image: Tensor) => expandDims(toUnit(image), 0),
  conv2d(10, 5, { init }),
  relu,
  maxPool(2),
  conv2d(20, 5, { init }),
  relu,
  maxPool(2),
  flatten,
  dense(10),
)
type Params = ReturnType<typeof model.init>

const logits = vmap((params: Params, image: Tensor) => model.apply(params, image), [null, 0])

await runTask({
  name: 'lenet',
  about: 'MNIST, with the convolutional network of the course',
  steps: 8000,
  async run({ key, train }) {
    const { at } = batches(await digits('train'), { batch: BATCH, key })
    const loss = (params: Params, _key: Tensor, step: Tensor): Tensor => {
      const { images, labels } = at(step)
      return crossEntropy(logits(params, images), labels)
    }
    const params = await train('CNN', model.init(key, { shape: [28, 28] }), { loss, learningRate: 3e-3 })
    const value = percentRight(logits, params, await digits('t10k'))
    const published = '98.3 (LeNet-1, LeCun et al. 1998; 99.05 with LeNet-5)'
    return [{ name: 'CNN, % right of 10000', value, published, holds: value >= 98.8 }]
  },
})
