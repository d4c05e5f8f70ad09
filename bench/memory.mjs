// The memory promises, measured: eager loops that never yield, jitted steps, the cost of a call. Runs in any runtime:
// `node bench/memory.mjs`, `deno run -A bench/memory.mjs`, `bun bench/memory.mjs`; a name picks one measurement.
import process from 'node:process'
import * as heddle from '../build/ts/index.js'

const { add, full, jit, memory, mul, ones, setMemoryLimit, sub, sum, tensor, treeMap, valueAndGrad, matmul, tanh } =
  heddle
const MIB = 2 ** 20
const residentSet = () => process.memoryUsage().rss / MIB
const failures = []
const check = (what, holds) => {
  if (!holds) failures.push(what)
  return holds ? '' : '  <-- FAILS'
}

/** `count` eager adds of `size` floats in one job, some results kept. */
function eager(name, count, size, keepEvery, growth) {
  setMemoryLimit(64 * MIB)
  const one = ones([size])
  const before = residentSet()
  const kept = []
  let highest = 0
  let highestSet = before
  const start = performance.now()
  const usage = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const x = add(one, i)
    if (i % keepEvery === 0) kept.push(x)
    if ((i & 255) === 0) highest = Math.max(highest, memory().resident)
    if ((i & 16383) === 0) highestSet = Math.max(highestSet, residentSet())
  }
  const wall = ((performance.now() - start) * 1000) / count
  const { user, system } = process.cpuUsage(usage)
  // Of a machine shared with others the clock counts their time too; processor time counts the collector's threads.
  const each = Math.min(wall, (user + system) / count)
  highestSet = Math.max(highestSet, residentSet())
  const right = kept.every((x, i) => x.data().every(value => value === Math.fround(i * keepEvery + 1)))
  console.log(
    `${name}: ${each.toFixed(2)} us each (${wall.toFixed(2)} by the clock), resident at most ${(highest / MIB).toFixed(1)} MiB, process + ${(highestSet - before).toFixed(0)} MiB, ` +
      `${kept.length} kept ${right ? 'right' : 'WRONG'}${check(name, right && highest <= 64 * MIB && highestSet - before <= growth && (size > 256 || each <= 5))}`,
  )
  setMemoryLimit(1024 * MIB)
}

/** Training of a small model in one job, on a few batches or on a fresh one for each step. */
function steps(name, isFresh, growthAllowed) {
  const width = 64
  let params = { w: full([width, width], 0.01), v: full([width, width], 0.02), b: full([width], 0) }
  const loss = (p, x) => sum(mul(tanh(add(matmul(tanh(matmul(x, p.w)), p.v), p.b)), 0.1))
  const step = jit(
    (p, x) => {
      const [value, gradient] = valueAndGrad(loss)(p, x)
      return [treeMap((leaf, g) => sub(leaf, mul(1e-3, g)), p, gradient), value]
    },
    { donate: [0] },
  )
  const batch = i => tensor(new Float32Array(32 * width).fill(i / 8), { shape: [32, width] })
  const batches = Array.from({ length: 8 }, (_, i) => batch(i))
  let at200 = 0
  let value
  for (let i = 0; i < 5000; i++) {
    if (i === 200) at200 = residentSet()
    ;[params, value] = step(params, isFresh ? batch(i % 8) : batches[i % 8])
  }
  const growth = residentSet() - at200
  console.log(
    `${name}: process + ${growth.toFixed(1)} MiB after step 200, loss ${value.item().toFixed(3)}${check(name, growth <= growthAllowed)}`,
  )
}

/** What a call costs above its run: the same function over more and more leaves. */
function calls() {
  for (const leaves of [1, 4, 16, 64, 256]) {
    const tree = Object.fromEntries(Array.from({ length: leaves }, (_, i) => [`w${i}`, ones([4])]))
    const f = jit(t => treeMap(x => add(x, 1), t))
    const time = body => {
      for (let i = 0; i < 1000; i++) body()
      let best = Number.POSITIVE_INFINITY
      for (let round = 0; round < 10; round++) {
        const start = performance.now()
        for (let i = 0; i < 500; i++) body()
        best = Math.min(best, (performance.now() - start) * 2)
      }
      return best
    }
    const each = time(() => f(tree))
    const bound = 5 + 0.5 * 2 * leaves
    console.log(
      `call, ${leaves} leaves in and out: ${each.toFixed(2)} us, run included; bound ${bound} us${check(`call ${leaves}`, each <= bound)}`,
    )
  }
}

const measurements = {
  steps: () => steps('5 000 jitted training steps', false, 10),
  // Nothing yields to the collector here: what it has not yet found (V8 lets 32 MiB of buffers gather) is counted too.
  fresh: () => steps('5 000 steps, each on a new batch', true, 100),
  small: () => eager('1 000 000 adds of 1 KiB', 1_000_000, 256, 100, 700),
  large: () => eager('10 000 adds of 1 MiB', 10_000, MIB / 4, 500, 700),
  calls,
}
const [only] = process.argv.slice(2)
for (const [name, measure] of Object.entries(measurements)) if (only === undefined || only === name) measure()
console.log(memory())
if (failures.length > 0) {
  console.log(`failed: ${failures.join(', ')}`)
  process.exitCode = 1
}
