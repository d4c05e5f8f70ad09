// W8: W2's LSTM layer over 128 given inputs. What is compared is the last state of the first example.
import { lstmInputs, lstmModel } from '../lib/data.mjs'
import { lstmStep, row, zeroState } from '../lib/reference.mjs'

export const T = 128
export const batches = [1, 32]
export const nameOf = B => `B${B}`

export const layerWeights = () => {
  const { wx, wh, b } = lstmModel().params
  return { wx, wh, b }
}

/** Of the states [T, B, H], what is compared. */
export const lastOf = (states, B, H = 256) => states.slice((T - 1) * B * H, (T - 1) * B * H + H)

export function known(B) {
  const weights = layerWeights()
  const inputs = lstmInputs(B, T)
  let state = zeroState(weights.wh.shape[0])
  for (let t = 0; t < T; t++) state = lstmStep(weights, state, row(inputs, t * B))
  return Array.from(state.h)
}

/** Cases of W8 out of what a system does for one batch size: `make(B, weights, inputs)` gives `{ run, read }`. */
export async function cases(only, make) {
  const chosen = batches.filter(B => only === undefined || only.includes(nameOf(B)))
  return Promise.all(
    chosen.map(async B => {
      const { run, read } = await make(B, layerWeights(), lstmInputs(B, T))
      return { name: nameOf(B), run, answers: async () => lastOf(await read(), B) }
    }),
  )
}
