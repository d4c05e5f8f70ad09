import { lstmCell } from '../../build/bench/workloads.js'
import { add, jit, matmul, take, tensor, zeros } from '../../build/ts/index.js'
import { mapLeaves } from '../lib/data.mjs'
import { tokenCase, weights } from './token.mjs'

export function prepare() {
  const p = mapLeaves(({ data, shape }) => tensor(data, { shape }), weights)
  const [H] = p.wh.shape
  const start = () => ({ h: zeros([H]), c: zeros([H]) })
  const next = jit((p, state, id) => {
    const [after, h] = lstmCell(p, state, take(p.emb, id))
    return [after, add(matmul(h, p.wo), p.bo)]
  })
  let state = start()
  const step = id => {
    let logits
    ;[state, logits] = next(p, state, tensor(id, { dtype: 'int32' }))
    return logits.data()
  }
  const reset = () => {
    state = start()
  }
  return [tokenCase({ step, read: logits => logits, reset })]
}
