// A training that tests kill: a program of its own. Arguments: the folder, the number of steps.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batches } from '../../ts/data/index.js'
import { add, matmul, mean, random, square, sub, type Tensor, tanh, valueAndGrad } from '../../ts/index.js'
import { crc32 } from '../../ts/io/crc32.js'
import { encodeSafetensors } from '../../ts/io/index.js'
import { adam, applyUpdates, chain, clipByGlobalNorm } from '../../ts/optim/index.js'
import { finish, fit } from '../../ts/train/index.js'

const [folder, steps] = process.argv.slice(2)
const [SIZE, EXAMPLES] = [96, 50]
const key = random.key(1)
const optimizer = chain(clipByGlobalNorm(1), adam(0.002))
const data = {
  x: random.normal(random.foldIn(key, 1), [EXAMPLES, SIZE]),
  y: random.normal(random.foldIn(key, 2), [EXAMPLES, SIZE]),
} // prettier-ignore
const { at, count } = batches(data, { batch: 8, key: random.foldIn(key, 3) })

interface State {
  params: Tensor
  optimizer: ReturnType<typeof optimizer.init>
}

const lossOf = (params: Tensor, { x, y }: typeof data) => mean(square(sub(tanh(matmul(x, params)), y)))

const step = (state: State, number: Tensor): [State, Tensor] => {
  const [loss, gradients] = valueAndGrad(lossOf)(state.params, at(number))
  const noise = random.normal(random.foldIn(key, number), [SIZE, SIZE])
  const [updates, next] = optimizer.update(add(gradients, noise), state.optimizer)
  return [{ params: applyUpdates(state.params, updates), optimizer: next }, loss]
}

const params = random.normal(key, [SIZE, SIZE])
const fitted = await finish(
  fit(
    step,
    { params, optimizer: optimizer.init(params) },
    {
      steps: Number(steps),
      stepsPerEpoch: count,
      every: 2,
      checkpointEvery: 1,
      validate: state => lossOf(state.params, data),
      checkpoint: join(folder, 'checkpoint.safetensors'),
      log: join(folder, 'log.csv'),
      // The one that waits for the first step kills from then on.
      onStep: report => process.stdout.write(`${report.step}\n`),
    },
  ),
)
const { state, last, history, best } = fitted
const sum = crc32(encodeSafetensors({ state, last }), new TextEncoder().encode(JSON.stringify({ history, best })))
await writeFile(join(folder, 'sum'), sum)
