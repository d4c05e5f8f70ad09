// Compiling W2's step in a fresh process: tracing, differentiating and lowering, at the number of steps in the argument.
import process from 'node:process'
import { lstmWorkload, W2_SIZES } from '../../build/bench/workloads.js'
import { jit } from '../../build/ts/index.js'

const length = Number(process.argv[2].slice(1))
const { params, state, step, x, y } = lstmWorkload({ ...W2_SIZES, length })
const compiled = jit(step, { donate: [0, 1] })
const start = performance.now()
const { instructions } = compiled.compile(params, state, x, y)
const ms = performance.now() - start
console.log(JSON.stringify({ ms, answers: [], notes: `${instructions} instructions` }))
