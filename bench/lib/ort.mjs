// onnxruntime-web on wasm: SIMD, one thread.
import * as ort from 'onnxruntime-web/wasm'
import { onnxModel } from './onnx.mjs'

export { ort }

export function session(model) {
  ort.env.wasm.numThreads = 1
  return ort.InferenceSession.create(onnxModel(model), { executionProviders: ['wasm'] })
}

export const toOrt = ({ data, shape }) => new ort.Tensor('float32', data, shape)
