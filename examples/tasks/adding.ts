// The adding problem: of 100 numbers two are marked, and their sum is asked for after the last. What was read at the
// start must outlive everything in between: an LSTM learns it, a simple recurrent network does not.
import { jit, random, squeeze, type Tensor, vmap } from 'heddle'
import { addingProblem } from 'heddle/data'
import { chain, dense, type Layer, lstmCell, meanSquaredError, recurrent, rnnCell } from 'heddle/nn'
import { chrono } from '../harness/chrono.ts'
import { runTask } from '../harness/task.ts'

const [LENGTH, UNITS, BATCH, TESTS] = [100, 64, 32, 1000]

// A line through the last output is the sum.
const LAST = { returnSequences: false }
const LSTM = chain(recurrent(lstmCell(UNITS, { biasInit: chrono(LENGTH) }), LAST), dense(1))
const RNN = chain(recurrent(rnnCell(UNITS), LAST), dense(1))

await runTask({
  name: 'adding',
  about: `The adding problem over ${LENGTH} steps (Hochreiter and Schmidhuber 1997, experiment 4)`,
  steps: 3000,
  async run({ key, train }) {
    const [modelKey, testKey] = random.split(key)
    const errorOf = async <P>(name: string, model: Layer<P>): Promise<number> => {
      const error = (params: P, own: Tensor, batch = BATCH): Tensor => {
        const { x, y } = addingProblem(own, { batch, length: LENGTH })
        return meanSquaredError(squeeze(vmap(model.apply, [null, 0])(params, x), 1), y)
      }
      const start = model.init(modelKey, { shape: [LENGTH, 2] })
      const params = await train(name, start, { loss: (p, own) => error(p, own), learningRate: 5e-3 })
      return jit(() => error(params, testKey, TESTS))().item()
    }
    const lstm = await errorOf('LSTM', LSTM)
    const rnn = await errorOf('simple RNN', RNN)
    return [
      { name: 'LSTM, mean squared error', value: lstm, published: 'below 0.04', holds: lstm < 0.04 },
      {
        name: 'simple RNN, mean squared error',
        value: rnn,
        published: 'near 0.167, that of always saying 1 (Le et al. 2015)',
        holds: rnn > 0.1 && rnn < 0.2,
      },
    ]
  },
})
