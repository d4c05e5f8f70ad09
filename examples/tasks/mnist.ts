// Handwritten digits read row by row: a GRU sees the 28 rows of an image one after the other and names the digit.
import { random, type Tensor, vmap } from 'heddle'
import { batches } from 'heddle/data'
import { chain, crossEntropy, dense, gruCell, recurrent } from 'heddle/nn'
import { digits, percentRight, toUnit } from '../harness/digits.ts'
import { runTask } from '../harness/task.ts'

const [UNITS, BATCH] = [128, 64]

const model = chain(toUnit, recurrent(gruCell(UNITS), { returnSequences: false }), dense(10))
type Params = ReturnType<typeof model.init>

const logits = vmap(model.apply, [null, 0])

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
    const value = percentRight(logits, params, await digits('t10k'))
    return [
      { name: 'GRU, % right of 10000', value, published: '97 (Le et al. 2015, pixel by pixel)', holds: value >= 97 },
    ]
  },
})
