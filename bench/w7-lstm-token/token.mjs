// W7: W2's LSTM as a generator, one token in and logits out; the state goes from call to call. What is compared are the
// logits after the first five tokens.
import { lstmModel } from '../lib/data.mjs'
import { dense, lstmStep, row, zeroState } from '../lib/reference.mjs'

export const COUNT = 5
export const { params: weights, x } = lstmModel()
const LENGTH = x.shape[1]

export function known() {
  let state = zeroState(weights.wh.shape[0])
  for (const id of x.data.slice(0, COUNT)) state = lstmStep(weights, state, row(weights.emb, id))
  return Array.from(dense(state.h, weights.wo, weights.bo))
}

/** The case of W7 out of a system's `step(id)`, which gives logits, `read(logits)` and `reset()` of its state. */
export function tokenCase({ step, read, reset }) {
  let position = 0
  const run = () => step(x.data[position++ % LENGTH])
  const answers = async () => {
    await reset()
    position = 0
    let logits
    for (let i = 0; i < COUNT; i++) logits = await run()
    return read(logits)
  }
  return { name: 'token', run, answers }
}
