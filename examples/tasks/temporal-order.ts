// Temporal order: two symbols, each X or Y, stand far apart among a hundred others, and the network says at the end which
// they were. The order of two distant events is all that tells XY from YX.
import { argmax, jit, notEqual, oneHot, random, sum, type Tensor, vmap, where } from 'heddle'
import { temporalOrder } from 'heddle/data'
import { chain, crossEntropy, dense, lstmCell, recurrent } from 'heddle/nn'
import { chrono } from '../harness/chrono.ts'
import { runTask } from '../harness/task.ts'

const [LENGTH, SYMBOLS, UNITS, BATCH, TESTS] = [100, 8, 32, 32, 2560]

const model = chain(recurrent(lstmCell(UNITS, { biasInit: chrono(LENGTH) }), { returnSequences: false }), dense(4))
type Params = ReturnType<typeof model.init>

/** What the network says after the last symbols: ids [B, T] -> [B, 4]. */
const logits = (params: Params, ids: Tensor): Tensor => vmap(model.apply, [null, 0])(params, oneHot(ids, SYMBOLS))

function loss(params: Params, key: Tensor): Tensor {
  const { ids, y } = temporalOrder(key, { batch: BATCH, length: LENGTH })
  return crossEntropy(logits(params, ids), y)
}

const wrong = jit((params: Params, key: Tensor): Tensor => {
  const { ids, y } = temporalOrder(key, { batch: TESTS, length: LENGTH })
  return sum(where(notEqual(argmax(logits(params, ids), -1), y), 1, 0))
})

await runTask({
  name: 'temporal-order',
  about: `Temporal order, two symbols in ${LENGTH} (Hochreiter and Schmidhuber 1997, experiment 6a)`,
  steps: 2000,
  async run({ key, train }) {
    const [modelKey, testKey] = random.split(key)
    const start = model.init(modelKey, { shape: [LENGTH, SYMBOLS] })
    const params = await train('LSTM', start, { loss, learningRate: 5e-3 })
    const value = wrong(params, testKey).item()
    return [{ name: `LSTM, wrong of ${TESTS}`, value, published: '1', holds: value <= 1 }]
  },
})
