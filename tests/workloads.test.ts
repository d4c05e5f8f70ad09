// The workloads of bench/ as tests: their known losses, one call into the core for a training step, programs that do not
// grow with the number of steps, and weights that are the same bits in every runtime.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  cnnWorkload,
  gptWorkload,
  gruWorkload,
  lstmWorkload,
  rnnWorkload,
  train,
  W2_SIZES,
  type Workload,
} from '../bench/workloads.js'
import { jit, type Tensor, treeLeaves } from '../ts/index.js'
import { type Core, core } from '../ts/runtime/core.js'

const TOLERANCE = 1e-5

const workloads: Record<string, () => Workload<unknown, unknown>> = {
  'W2 LSTM': lstmWorkload as () => Workload<unknown, unknown>,
  'W3 GRU': gruWorkload as () => Workload<unknown, unknown>,
  'W4 RNN': rnnWorkload as () => Workload<unknown, unknown>,
  'W5 GPT': gptWorkload as () => Workload<unknown, unknown>,
  'W6 CNN': cnnWorkload as () => Workload<unknown, unknown>,
}

for (const [name, make] of Object.entries(workloads)) {
  test(`${name}: the first five losses are the known ones`, () => {
    const workload = make()
    const { losses } = train(workload, 5)
    losses.forEach((loss, i) => {
      assert.ok(Math.abs(loss - workload.losses[i]) < TOLERANCE, `step ${i}: ${loss}, known ${workload.losses[i]}`)
    })
  })
}

/** Counts the calls of every function that the core exports while `body` runs. */
function countCalls(body: () => void): number {
  const exports = core() as unknown as Record<string, unknown>
  const originals = { ...exports }
  let calls = 0
  for (const [name, value] of Object.entries(originals)) {
    if (typeof value !== 'function') continue
    exports[name] = (...args: unknown[]) => {
      calls++
      return value(...args)
    }
  }
  try {
    body()
  } finally {
    Object.assign(exports as unknown as Core, originals)
  }
  return calls
}

test('a jitted W2 training step is one call into the core, at T 64 and at T 1024', () => {
  const lengths = [64, 1024].map(length => {
    const workload = lstmWorkload({ ...W2_SIZES, length, batch: length === 64 ? 32 : 2 })
    const step = jit(workload.step, { donate: [0, 1] })
    const { instructions } = step.compile(workload.params, workload.state, workload.x, workload.y)
    let [params, state] = step(workload.params, workload.state, workload.x, workload.y)
    let loss: Tensor | undefined
    const calls = countCalls(() => {
      ;[params, state, loss] = step(params, state, workload.x, workload.y)
    })
    assert.is(calls, 1)
    assert.ok(Number.isFinite(loss!.item()))
    return instructions
  })
  assert.is(lengths[0], lengths[1], 'the instruction list is as long for 1024 steps as for 64')
})

/** FNV-1a over the bits of all weights; NaN payloads do not count. */
function digest(tree: unknown): string {
  let hash = 0x811c9dc5
  for (const leaf of treeLeaves(tree)) {
    const data = leaf.data() as Float32Array
    const words = new Uint32Array(data.buffer)
    data.forEach((value, i) => {
      hash = Math.imul(hash ^ (Number.isNaN(value) ? 0x7fc00000 : words[i]), 0x01000193) >>> 0
    })
  }
  return hash.toString(16).padStart(8, '0')
}

// The same in every runtime; changes only when a kernel or a pass changes the order of sums.
const GOLDEN: Record<string, string> = {
  'W2 LSTM': '733c790b',
  'W4 RNN': '8ddb7146',
  'W5 GPT': 'ecb7fba6',
  'W6 CNN': 'e8fab82e',
}

for (const [name, golden] of Object.entries(GOLDEN)) {
  test(`${name}: the weights after 20 steps are the same bits everywhere`, () => {
    assert.is(digest(train(workloads[name](), 20).params), golden)
  })
}

test.run()
