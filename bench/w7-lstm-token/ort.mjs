import { onnxLstmWeights } from '../lib/onnx.mjs'
import { ort, session, toOrt } from '../lib/ort.mjs'
import { tokenCase, weights } from './token.mjs'

const INT64 = 7

export async function prepare() {
  const { emb, wx, wh, b, wo, bo } = weights
  const [[V], [H]] = [emb.shape, wh.shape]
  const state = { shape: [1, 1, H] }
  const model = await session({
    nodes: [
      { op: 'Gather', inputs: ['emb', 'id'], outputs: ['x'] },
      {
        op: 'LSTM',
        inputs: ['x', 'W', 'R', 'B', '', 'h', 'c'],
        outputs: ['', 'h1', 'c1'],
        attributes: { hidden_size: H },
      },
      { op: 'Reshape', inputs: ['h1', 'rows'], outputs: ['hRow'] },
      { op: 'Gemm', inputs: ['hRow', 'wo', 'bo'], outputs: ['logits'] },
    ],
    initializers: {
      emb,
      wo,
      bo,
      rows: { shape: [2], data: BigInt64Array.of(1n, BigInt(H)) },
      ...onnxLstmWeights({ wx, wh, b }),
    },
    inputs: { id: { shape: [1, 1], type: INT64 }, h: state, c: state },
    outputs: { logits: { shape: [1, V] }, h1: state, c1: state },
  })
  const zero = () => toOrt({ shape: state.shape, data: new Float32Array(H) })
  let [h, c] = [zero(), zero()]
  const step = async id => {
    const { logits, h1, c1 } = await model.run({
      id: new ort.Tensor('int64', BigInt64Array.of(BigInt(id)), [1, 1]),
      h,
      c,
    })
    h = h1
    c = c1
    return logits.data
  }
  const reset = () => {
    ;[h, c] = [zero(), zero()]
  }
  return [tokenCase({ step, read: logits => logits, reset })]
}
