// Cells as a user writes them, five lines for one example, beside the best hand-arranged form of the same mathematics
// (lib/hand-cells.mjs), and beside the library's own layers: the ratio of a training step's times, one process,
// alternating. Then what each pass is worth.
// Build first: npm run build. `node bench/cells.mjs [cells|passes] [--rounds 9] [--batch 32] [--input 128]
// [--hidden 256] [--length 64] [cell ...]`; times are processor time.
import process from 'node:process'
import { lstmWorkload, W2_SIZES } from '../build/bench/workloads.js'
import { passNames, withoutPasses } from '../build/ts/compiler/optimize.js'
import { jit, mul, sub, treeLeaves, treeMap } from '../build/ts/index.js'
import { handCells } from './lib/hand-cells.mjs'
import { handGradient } from './lib/hand-layers.mjs'
import { libraryModel } from './lib/library-cells.mjs'
import { median } from './lib/statistics.mjs'
import { makeData, userCells, userGradient } from './lib/user-cells.mjs'

const args = process.argv.slice(2)
/** Takes `--name value` out of the arguments. */
function option(name, otherwise) {
  const at = args.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(args.splice(at, 2)[1])
}
const ROUNDS = option('rounds', 9)
const SIZES = {
  batch: option('batch', 32),
  input: option('input', 128),
  hidden: option('hidden', 256),
  length: option('length', 64),
}
const part = ['cells', 'passes'].includes(args[0]) ? args.shift() : null
/** A user-written cell may take so much more than the best form by hand. */
const BAR = 1.15

const clock = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Medians of the contestants' times, ms, and of their ratios to the first one's, round by round. */
function race(runs, rounds = ROUNDS) {
  const times = runs.map(() => [])
  const repeats = runs.map(run => {
    run()
    const start = performance.now()
    run()
    return Math.max(1, Math.round(30 / (performance.now() - start)))
  })
  for (let round = 0; round < rounds + 2; round++) {
    runs.forEach((run, i) => {
      const start = clock()
      for (let j = 0; j < repeats[i]; j++) run()
      // The first rounds warm up.
      if (round > 1) times[i].push((clock() - start) / repeats[i])
    })
  }
  return times.map(own => ({ ms: median(own), ratio: median(own.map((time, i) => time / times[0][i])) }))
}

const descend = gradient => (params, x, y) => {
  const [loss, g] = gradient(params, x, y)
  return [treeMap((p, d) => sub(p, mul(0.1, d)), params, g), loss]
}

/** A training step that goes on from its own result, compiled with some passes off. */
function trainer(gradient, params, x, y, off) {
  const step = jit(descend(gradient), { donate: [0] })
  let current = treeMap(leaf => mul(leaf, 1), params)
  const run = () => {
    const [next, loss] = step(current, x, y)
    current = next
    return loss
  }
  withoutPasses(off, run)
  return run
}

/** The largest difference of two gradients, relative to each tensor's largest element. */
function difference(a, b) {
  const others = treeLeaves(b)
  return Math.max(
    ...treeLeaves(a).map((leaf, i) => {
      const [x, y] = [leaf.data(), others[i].data()]
      const most = x.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-30)
      return x.reduce((top, value, j) => Math.max(top, Math.abs(value - y[j])), 0) / most
    }),
  )
}

/** By hand: with all passes, with those that only tidy up, with none. */
const HAND = {
  'all passes': [],
  'no motion': passNames.filter(name => !['simplify', 'fuse', 'accumulate', 'pack'].includes(name)),
  'no passes': passNames,
}

function compare(name, isDeep) {
  const { params, x, y, stepsX, stepsY } = makeData(userCells[name], { ...SIZES, isDeep })
  const user = userGradient(userCells[name], isDeep)
  const hand = handGradient(handCells[name], isDeep)
  const [, byUser] = jit(user)(params, x, y)
  const [, byHand] = jit(hand)(params, stepsX, stepsY)
  const error = difference(byUser, byHand)
  if (!(error < 1e-3)) throw new Error(`${name}: the two forms differ by ${error}`)
  const runs = [trainer(user, params, x, y, [])]
  for (const off of Object.values(HAND)) runs.push(trainer(hand, params, stepsX, stepsY, off))
  const library = libraryModel(name, params, isDeep)
  if (library !== null) {
    const [[loss], [known]] = [jit(library.gradient)(library.params, x, y), jit(user)(params, x, y)]
    if (!(Math.abs(loss.item() - known.item()) < 1e-5)) throw new Error(`${name}: the library's cell is another one`)
    runs.push(trainer(library.gradient, library.params, x, y, []))
  }
  const [own, ...others] = race(runs)
  const layer = library === null ? null : others.pop()
  const best = others.reduce((a, b) => (a.ratio <= b.ratio ? a : b))
  const ratio = 1 / best.ratio
  const cells = [
    `${name}${isDeep ? ', 2 layers, bidirectional' : ''}`.padEnd(46),
    ...[own, ...others].map(({ ms }) => ms.toFixed(ms < 10 ? 3 : 1).padStart(12)),
    `${ratio.toFixed(2).padStart(8)}${ratio > BAR ? ' *' : ''}`.padEnd(10),
    layer === null ? '' : layer.ratio.toFixed(2).padStart(8),
  ]
  console.log(cells.join(''))
}

function compareAll(names) {
  console.log(
    `ms a training step, ${Object.entries(SIZES)
      .map(entry => entry.join(' '))
      .join(', ')}`,
  )
  const titles = ['user', ...Object.keys(HAND).map(title => `hand, ${title}`)]
  console.log(
    `${''.padEnd(46)}${['user', 'hand: all', 'no motion', 'no passes'].map(t => t.padStart(12)).join('')}   ratio     layers`,
  )
  console.log(`(${titles.slice(1).join('; ')}; ratio: user / best by hand, * above ${BAR}; layers: heddle/nn's / user)`)
  for (const isDeep of [false, true]) {
    for (const name of names) compare(name, isDeep)
  }
}

/** The whole LSTM training step of W2 with each pass switched off: time without it / with all. */
function effects() {
  const columns = [
    { ...W2_SIZES },
    { ...W2_SIZES, batch: 4, hidden: 64, length: 32, embedding: 64 },
    { ...W2_SIZES, batch: 1 },
  ].map(sizes => {
    const { params, state, step, x, y } = lstmWorkload(sizes)
    const compiled = off => {
      const run = jit(step, { donate: [0, 1] })
      let [p, s] = [params, state].map(tree => treeMap(leaf => mul(leaf, 1), tree))
      const go = () => {
        ;[p, s] = run(p, s, x, y)
      }
      withoutPasses(off, go)
      return go
    }
    return race([[], ...passNames.map(name => [name]), [...passNames]].map(compiled))
  })
  console.log('\nLSTM training step (W2): time without the pass / with all')
  console.log(`${''.padEnd(24)}${['B32 H256 T64', 'B4 H64 T32', 'B1 H256 T64'].map(t => t.padStart(14)).join('')}`)
  ;['all on, ms', ...passNames, 'all off'].forEach((name, i) => {
    const cells = columns.map(column => (i === 0 ? column[0].ms.toFixed(2) : column[i].ratio.toFixed(2)).padStart(14))
    console.log(`${name.padEnd(24)}${cells.join('')}`)
  })
}

if (part !== 'passes') compareAll(args.length > 0 ? args : Object.keys(userCells))
if (part !== 'cells') effects()
