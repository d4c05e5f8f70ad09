// Compiling a training step in a fresh process: tracing, differentiating and lowering. The argument: W2's LSTM at a number
// of steps (T64), or W5's GPT at a number of layers (L12).
import process from 'node:process'
import { gptWorkload, lstmWorkload, W2_SIZES, W5_SIZES } from '../../build/bench/workloads.js'
import { jit } from '../../build/ts/index.js'

const [kind, count] = [process.argv[2][0], Number(process.argv[2].slice(1))]
const { params, state, step, x, y } =
  kind === 'L' ? gptWorkload({ ...W5_SIZES, layers: count }) : lstmWorkload({ ...W2_SIZES, length: count })
const compiled = jit(step, { donate: [0, 1] })
const used = process.cpuUsage()
const start = performance.now()
const { instructions } = compiled.compile(params, state, x, y)
const ms = performance.now() - start
// Without what other processes take, and with what the engine's own compiler does meanwhile on other cores.
const { user, system } = process.cpuUsage(used)
const notes = `${instructions} instructions, ${((user + system) / 1000).toFixed(0)} ms of processor time`
console.log(JSON.stringify({ ms, answers: [], notes }))
