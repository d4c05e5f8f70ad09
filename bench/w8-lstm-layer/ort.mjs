import { onnxLstmWeights } from '../lib/onnx.mjs'
import { session, toOrt } from '../lib/ort.mjs'
import { cases, T } from './layer.mjs'

export const prepare = only =>
  cases(only, async (B, weights, inputs) => {
    const [E, H] = [weights.wx.shape[0], weights.wh.shape[0]]
    const layer = await session({
      nodes: [{ op: 'LSTM', inputs: ['x', 'W', 'R', 'B'], outputs: ['h'], attributes: { hidden_size: H } }],
      initializers: onnxLstmWeights(weights),
      inputs: { x: { shape: [T, B, E] } },
      outputs: { h: { shape: [T, 1, B, H] } },
    })
    const feeds = { x: toOrt(inputs) }
    const run = () => layer.run(feeds)
    return { run, read: async () => (await run()).h.data }
  })
