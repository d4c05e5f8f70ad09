// TensorFlow.js on its wasm backend: SIMD, one thread.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** Loads it, and says so when it is not the SIMD build that runs. */
export async function loadTensorFlow() {
  const quiet = console.warn
  console.warn = () => {}
  const tf = require('@tensorflow/tfjs')
  const wasm = require('@tensorflow/tfjs-backend-wasm')
  wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'))
  wasm.setThreadsCount(1)
  await tf.setBackend('wasm')
  await tf.ready()
  console.warn = quiet
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('TensorFlow.js runs without SIMD')
  return tf
}

export const toTensor = tf => leaf => tf.tensor(leaf.data, leaf.shape, leaf.data instanceof Int32Array ? 'int32' : 'float32')
