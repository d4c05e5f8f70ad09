// The copy task: ten symbols, a long silence, then a sign to say them again. A network without memory says each of the
// eight symbols equally often.
import { jit, oneHot, random, type Tensor, vmap } from 'heddle'
import { copyTask } from 'heddle/data'
import { chain, crossEntropy, dense, lstmCell, recurrent } from 'heddle/nn'
import { chrono } from '../harness/chrono.ts'
import { runTask } from '../harness/task.ts'

const [DELAY, SAID, SYMBOLS, UNITS, BATCH, TESTS] = [50, 10, 8, 64, 32, 500]
const STEPS = SAID + DELAY + SAID
const BASELINE = (SAID * Math.log(SYMBOLS)) / STEPS

const model = chain(recurrent(lstmCell(UNITS, { biasInit: chrono(STEPS) })), dense(SYMBOLS + 1))
type Params = ReturnType<typeof model.init>

/** Nats a step. */
function error(params: Params, key: Tensor, batch: number): Tensor {
  const { inputs, targets } = copyTask(key, { batch, length: SAID, symbols: SYMBOLS, delay: DELAY })
  const logits = vmap(model.apply, [null, 0])(params, oneHot(inputs, SYMBOLS + 2))
  return crossEntropy(logits, targets)
}

await runTask({
  name: 'copy',
  about: `The copy task over ${DELAY} steps (Arjovsky et al. 2016; gates as in Tallec and Ollivier 2018)`,
  steps: 4000,
  async run({ key, train }) {
    const [modelKey, testKey] = random.split(key)
    const start = model.init(modelKey, { shape: [STEPS, SYMBOLS + 2] })
    const params = await train('LSTM', start, { loss: (p, own) => error(p, own, BATCH), learningRate: 1e-2 })
    const value = jit(() => error(params, testKey, TESTS))().item()
    const published = `below ${BASELINE.toFixed(4)}, that of no memory`
    return [{ name: 'LSTM, nats a step', value, published, holds: value < BASELINE }]
  },
})
