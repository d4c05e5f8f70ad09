// What `npm run bench` knows: the workloads, what their numbers must be, and who takes part. A contestant of a workload
// is the module of that name in the workload's folder; the first one is what the others are compared with.
import { flops, nameOf, known as product, shapes } from './w1-gemm/shapes.mjs'
import { known as gpt } from './w7-gpt/gpt.mjs'
import { known as tokenLogits } from './w7-lstm-token/token.mjs'
import { batches, nameOf as batchName, known as lastState } from './w8-lstm-layer/layer.mjs'

export const systems = {
  heddle: 'heddle',
  jax: 'jax-js 0.1.25',
  tfjs: 'TensorFlow.js 4.22 wasm, as written',
  'tfjs-expert': 'TensorFlow.js 4.22 wasm, rewritten around its slow kernels',
  ort: 'onnxruntime-web 1.30',
  node: 'bare Node, for the cold start',
  pytorch: 'native PyTorch (Debian: apt install python3-torch libopenblas0)',
}

/** A training step whose first losses are known. */
const training = losses => [{ name: 'step', known: () => losses }]

const gflops = shape => ms => flops(shape) / ms / 1e6

const trainers = ['heddle', 'jax', 'tfjs', 'tfjs-expert', 'pytorch']

/** `known` gives a case's right answers; `show` turns milliseconds into what the table shows, in `unit`. */
export const workloads = {
  W1: {
    title: 'matrix multiplication',
    folder: 'w1-gemm',
    contestants: ['heddle', 'jax', 'tfjs', 'ort', 'pytorch'],
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
    contestants: trainers,
    cases: training([4.175531, 4.170994, 4.166457, 4.161842, 4.157064]),
  },
  W3: {
    title: 'the same with a GRU',
    folder: 'w3-gru',
    contestants: trainers,
    cases: training([4.175397, 4.166465, 4.157688, 4.148929, 4.140102]),
  },
  W4: {
    title: 'training step of a small RNN, batch 1',
    folder: 'w4-rnn',
    contestants: trainers,
    cases: training([4.18524, 4.17648, 4.16774, 4.15901, 4.15028]),
  },
  W5: {
    title: 'training step of a GPT',
    folder: 'w5-gpt',
    contestants: trainers,
    cases: training([4.307594, 4.2531, 4.134457, 4.108515, 4.072455]),
  },
  W6: {
    title: 'training step of a small convolutional network',
    folder: 'w6-cnn',
    contestants: trainers,
    cases: training([2.341889, 2.335909, 2.33043, 2.325302, 2.32068]),
  },
  W7: {
    title: "one token through W2's model",
    folder: 'w7-lstm-token',
    contestants: ['heddle', 'jax', 'tfjs', 'ort', 'pytorch'],
    cases: [{ name: 'token', unit: 'us', show: ms => ms * 1000, known: tokenLogits }],
  },
  'W7-GPT': {
    title: "W5's GPT at batch 1: 128 tokens at once, and generated one by one with a cache",
    folder: 'w7-gpt',
    contestants: ['heddle', 'ort'],
    cases: Object.entries(gpt).map(([name, own]) => ({ name, known: own })),
  },
  W8: {
    title: 'an LSTM layer over 128 inputs',
    folder: 'w8-lstm-layer',
    contestants: ['heddle', 'jax', 'tfjs', 'ort', 'pytorch'],
    cases: batches.map(B => ({ name: batchName(B), known: () => lastState(B) })),
  },
  W9: {
    title: 'training step of an encoder-decoder with attention',
    folder: 'w9-translation',
    contestants: ['heddle', 'jax', 'tfjs', 'tfjs-expert'],
    cases: training([8.294511, 8.265758, 8.235577, 8.201301, 8.159292]),
  },
  cold: {
    title: 'a whole process to its first product (wall clock), and sizes',
    folder: 'cold-start',
    contestants: ['heddle', 'jax', 'tfjs', 'ort', 'node'],
    whole: true,
    cases: [{ name: 'start', known: () => [11, 14] }],
  },
  compile: {
    title: "compiling W2's step, by the number of time steps, and W5's with 12 layers, in a fresh process (wall clock)",
    folder: 'w2-compile',
    contestants: ['heddle'],
    whole: true,
    cases: ['T64', 'T1024', 'L12'].map(name => ({ name, known: () => [] })),
  },
}
