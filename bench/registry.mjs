// What `npm run bench` knows: the workloads, what their numbers must be, and who takes part. A contestant of a workload
// is the module of that name in the workload's folder; the first one is what the others are compared with.
import { flops, known as product, nameOf, shapes } from './w1-gemm/shapes.mjs'

/** How far an answer may be from the known one: relative, or absolute where the known one is below 1. */
export const TOLERANCE = 2e-5

export const systems = {
  heddle: 'heddle',
  jax: 'jax-js 0.1.25',
  tfjs: 'TensorFlow.js 4.22 wasm, as written',
  'tfjs-expert': 'TensorFlow.js 4.22 wasm, rewritten around its slow kernels',
  ort: 'onnxruntime-web 1.30',
  torch: 'native PyTorch',
}

/** A training step whose first losses are known. */
const training = losses => [{ name: 'step', known: () => losses }]

const gflops = shape => ms => flops(shape) / ms / 1e6

/** `known` gives a case's right answers; `show` turns milliseconds into what the table shows, in `unit`. */
export const workloads = {
  W1: {
    title: 'matrix multiplication',
    folder: 'w1-gemm',
    contestants: ['heddle', 'jax', 'tfjs'],
    cases: shapes.map(shape => ({
      name: nameOf(shape),
      unit: 'GFLOP/s',
      show: gflops(shape),
      known: () => product(shape),
    })),
  },
  W2: {
    title: 'training step of an LSTM character model',
    folder: 'w2-lstm',
    contestants: ['heddle', 'jax', 'tfjs', 'tfjs-expert'],
    cases: training([4.175531, 4.170994, 4.166457, 4.161842, 4.157064]),
  },
}
