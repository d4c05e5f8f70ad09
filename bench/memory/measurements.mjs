// The memory promises, measured: eager loops that never yield, jitted steps, the cost of a call. Runs in any runtime;
// `../memory.mjs` gives each measurement a process of its own.
import { gptWorkload, lstmWorkload, train } from '../../build/bench/workloads.js'
import * as heddle from '../../build/ts/index.js'

const { add, full, jit, memory, mul, ones, setMemoryLimit, sub, sum, tensor, treeMap, valueAndGrad, matmul, tanh } =
  heddle
const MIB = 2 ** 20
const STEPS = 5000
const WIDTH = 64
const ROWS = 32

const filled = i => new Float32Array(ROWS * WIDTH).fill((i % 8) / 8)
const batchOf = values => tensor(values, { shape: [ROWS, WIDTH] })

/** Training of a small model: what one step on a batch is, giving the loss. */
function training() {
  let params = { w: full([WIDTH, WIDTH], 0.01), v: full([WIDTH, WIDTH], 0.02), b: full([WIDTH], 0) }
  const loss = (p, x) => sum(mul(tanh(add(matmul(tanh(matmul(x, p.w)), p.v), p.b)), 0.1))
  const step = jit(
    (p, x) => {
      const [value, gradient] = valueAndGrad(loss)(p, x)
      return [treeMap((leaf, g) => sub(leaf, mul(1e-3, g)), p, gradient), value]
    },
    { donate: [0] },
  )
  return batch => {
    const [next, value] = step(params, batch)
    params = next
    return value
  }
}

/** What the process grows by from step 200 on, in MiB. */
function steps(name, probe, step, bound) {
  let before = 0
  let last
  for (let i = 0; i < STEPS; i++) {
    if (i === 200) before = probe().resident
    last = step(i)
  }
  const growth = (probe().resident - before) / MIB
  const loss = last === undefined ? '' : `, loss ${last.item().toFixed(3)}`
  return [{ line: `${name}: process + ${growth.toFixed(1)} MiB after step 200${loss}`, growth, bound }]
}

/** `count` eager adds of `size` floats in one job, some results kept. */
function eager(name, probe, count, size, keepEvery, timeBound = Number.POSITIVE_INFINITY) {
  setMemoryLimit(64 * MIB)
  const one = ones([size])
  const kept = []
  let highest = 0
  const { resident: before, processor: used } = probe()
  let highestSet = before
  const start = performance.now()
  for (let i = 0; i < count; i++) {
    const x = add(one, i)
    if (i % keepEvery === 0) kept.push(x)
    if ((i & 255) === 0) highest = Math.max(highest, memory().resident)
    if ((i & 16383) === 0) highestSet = Math.max(highestSet, probe().resident)
  }
  const wall = ((performance.now() - start) * 1000) / count
  const after = probe()
  // Of a machine shared with others the clock counts their time too; processor time counts the collector's threads.
  const each = Math.min(wall, (after.processor - used) / count)
  const growth = (Math.max(highestSet, after.resident) - before) / MIB
  const isRight = kept.every((x, i) => x.data().every(value => value === Math.fround(i * keepEvery + 1)))
  return [
    {
      line:
        `${name}: ${each.toFixed(2)} us each (${wall.toFixed(2)} by the clock), resident at most ` +
        `${(highest / MIB).toFixed(1)} MiB, process + ${growth.toFixed(0)} MiB, ${kept.length} kept ${isRight ? 'right' : 'WRONG'}`,
      growth,
      bound: isRight && highest <= 64 * MIB && each <= timeBound ? 700 : Number.NEGATIVE_INFINITY,
    },
  ]
}

/** The most that the whole process holds while it trains, in MB, the runtime's own share and compiling among it. */
function trained(name, probe, workload, bound) {
  const { losses } = train(workload, 20)
  const growth = probe().peak / 1e6
  return [{ line: `${name}, 20 steps: process at most ${growth.toFixed(0)} MB, loss ${losses[4]}`, growth, bound }]
}

/** What a call costs above its run: the same function over more and more leaves; here `growth` is microseconds. */
function calls() {
  return [1, 4, 16, 64, 256].map(leaves => {
    const tree = Object.fromEntries(Array.from({ length: leaves }, (_, i) => [`w${i}`, ones([4])]))
    const f = jit(t => treeMap(x => add(x, 1), t))
    for (let i = 0; i < 1000; i++) f(tree)
    let each = Number.POSITIVE_INFINITY
    for (let round = 0; round < 10; round++) {
      const start = performance.now()
      for (let i = 0; i < 500; i++) f(tree)
      each = Math.min(each, (performance.now() - start) * 2)
    }
    const bound = 5 + 0.5 * 2 * leaves
    const line = `call, ${leaves} leaves in and out: ${each.toFixed(2)} us, run included; bound ${bound} us`
    return { line, growth: each, bound }
  })
}

/**
 * By name. Each takes `probe()`, which says at once what the process holds in bytes (`resident`), the most that it has
 * held (`peak`) and what processor time it has used in microseconds (`processor`), and returns what it found: lines,
 * numbers and their bounds.
 */
export const measurements = {
  steps(probe) {
    const step = training()
    const batches = Array.from({ length: 8 }, (_, i) => batchOf(filled(i)))
    return steps('5 000 jitted training steps', probe, i => step(batches[i % 8]), 10)
  },
  // What an engine's heap takes for as many objects as a step makes, before it first looks for garbage.
  objects(probe) {
    const last = []
    const once = i => {
      for (let k = 0; k < 8; k++) last[k] = { shape: [i, k], source: { address: i, bytes: k, next: null } }
    }
    return steps('5 000 times 24 small objects and lists, without heddle', probe, once)
  },
  disposed(probe) {
    const step = training()
    const values = new Float32Array(ROWS * WIDTH)
    const once = i => {
      const batch = batchOf(values.fill((i % 8) / 8))
      const loss = step(batch)
      batch.dispose()
      return loss
    }
    return steps('5 000 steps, each on a new batch, disposed of', probe, once, 10)
  },
  // What a user's own arrays cost where nothing yields: V8 lets some 32 MiB of them gather before it looks.
  arrays(probe) {
    let _sum = 0
    const once = i => {
      _sum += filled(i)[0]
    }
    return steps('5 000 typed arrays of a batch, without heddle', probe, once)
  },
  // To be compared with `arrays`: heddle may add 10 MiB to them.
  fresh(probe) {
    const step = training()
    return steps('5 000 steps, each on a new batch', probe, i => step(batchOf(filled(i))))
  },
  small: probe => eager('1 000 000 adds of 1 KiB', probe, 1_000_000, 256, 100, 5),
  large: probe => eager('10 000 adds of 1 MiB', probe, 10_000, MIB / 4, 500),
  lstm: probe => trained("W2's training step", probe, lstmWorkload(), 150),
  gpt: probe => trained("W5's training step", probe, gptWorkload(), 260),
  calls,
}
