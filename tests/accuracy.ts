// How exact the elementary functions are: every float through each function of one argument, a random sample through
// those of two, against JavaScript's doubles. `npm run accuracy`, or `npm run accuracy -- exp pow --pairs 1e7`; `--step 61`
// takes each 61st float, for those in a hurry. Prints the worst error in ulps and where it is, and how many results are
// not the nearest float; fails above the bounds that the tests hold samples to (tests/assembly/elementary.ts). One to
// three minutes a function.
import { parseArgs } from 'node:util'
import type { MapOp } from '../assembly/format.js'
import { binary, ulps, unary } from './assembly/elementary.js'
import { loadKernels, mulberry32 } from './assembly/testing.js'

const { values, positionals } = parseArgs({
  options: { pairs: { type: 'string', default: '1e8' }, step: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const unknown = positionals.filter(name => ![...unary, ...binary].some(([known]) => known === name))
if (unknown.length > 0) throw new Error(`no such function: ${unknown.join(', ')}`)
const isWanted = ([name]: readonly [string, ...unknown[]]) => positionals.length === 0 || positionals.includes(name)

const COUNT = 1 << 16
const step = Number(values.step)
const core = loadKernels()
const [a, b, out] = Array.from({ length: 3 }, () => core.allocate(COUNT * 4))
const floatsAt = (at: number) => new Float32Array(core.memory.buffer, at, COUNT)
const wordsAt = (at: number) => new Uint32Array(core.memory.buffer, at, COUNT)
const [xs, ys, results] = [a, b, out].map(floatsAt)

interface Worst {
  error: number
  at: string
  /** How many results are not the nearest float. */
  inexact: number
}

/** Compares what lies at `out` with the reference; the common case, the nearest float, costs nothing more. */
function judge(worst: Worst, reference: (...args: number[]) => number): void {
  for (let i = 0; i < COUNT; i++) {
    const expected = reference(xs[i], ys[i])
    const nearest = Math.fround(expected)
    const y = results[i]
    if (y === nearest ? y !== 0 || Object.is(y, nearest) : Number.isNaN(y) && Number.isNaN(nearest)) continue
    worst.inexact++
    const error = ulps(y, expected)
    if (error <= worst.error) continue
    worst.error = error
    worst.at = `(${[xs[i], ys[i]].slice(0, reference.length).join(', ')}) is ${y}, not ${expected}`
  }
}

function report(name: string, { error, at, inexact }: Worst, count: number, bound: number, start: number): void {
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const share = `${((100 * inexact) / count).toPrecision(2)} % not the nearest float`
  const where = error > 0.5 ? `: ${at}` : ''
  console.log(`${name.padEnd(10)} ${error.toFixed(4)} ulp at most, ${share}, ${seconds} s${where}`)
  if (error <= bound) return
  console.error(`${name}: more than ${bound} ulp`)
  process.exitCode = 1
}

function all(name: string, op: MapOp, reference: (x: number) => number, bound: number): void {
  const worst: Worst = { error: Math.min(0.5, bound), at: '', inexact: 0 }
  const start = performance.now()
  const words = wordsAt(a)
  let count = 0
  for (let first = 0; first < 2 ** 32; first += COUNT * step, count += COUNT) {
    for (let i = 0; i < COUNT; i++) words[i] = first + i * step
    core.runOperation(op, out, a, a, a, COUNT)
    judge(worst, reference)
  }
  report(name, worst, count, bound, start)
}

/** Pairs of several kinds, as many of each: any floats; plain ones; bases next to 1 with large exponents; bases below zero
 *  with whole exponents; results about the ends of the floats' range. */
function draw(random: () => number, kind: number): void {
  const [left, right] = [wordsAt(a), wordsAt(b)]
  for (let i = 0; i < COUNT; i++) {
    left[i] = random() * 2 ** 32
    right[i] = random() * 2 ** 32
    if (kind === 1) [xs[i], ys[i]] = [20 * random() - 2, 60 * random() - 30]
    if (kind === 2) [xs[i], ys[i]] = [1 + (random() - 0.5) / 1000, 4e5 * (random() - 0.5)]
    if (kind === 3) [xs[i], ys[i]] = [-30 * random(), Math.round(200 * random() - 100)]
    if (kind === 4) ys[i] = ((random() < 0.5 ? 128 : -(125 + 24 * random())) + random()) / Math.log2(Math.abs(xs[i]))
  }
}

function sample(name: string, op: MapOp, reference: (x: number, y: number) => number, bound: number): void {
  const worst: Worst = { error: Math.min(0.5, bound), at: '', inexact: 0 }
  const start = performance.now()
  const random = mulberry32(1)
  let count = 0
  for (let kind = 0; count < Number(values.pairs); kind = (kind + 1) % 5, count += COUNT) {
    draw(random, kind)
    core.runOperation(op, out, a, b, a, COUNT)
    judge(worst, reference)
  }
  report(name, worst, count, bound, start)
}

for (const [name, op, reference, bound] of unary.filter(isWanted)) all(name, op, reference, bound)
for (const one of binary.filter(isWanted)) sample(...one)
