// The sub-packages speak of the same tensor type, and their types compose.
import { grad, jit, type Tensor, valueAndGrad } from 'heddle'
import { greedy, sample } from 'heddle/decode'
import { restoreTree } from 'heddle/io'
import {
  bidirectional,
  type CellParams,
  dense,
  embedding,
  encoderDecoder,
  type GeneralParams,
  gruCell,
  type LstmCarry,
  type LuongCarry,
  lstmCell,
  luongAttention,
  luongDecoder,
  type ParamsOf,
  plainDecoder,
} from 'heddle/nn'
import { applyUpdates, sgd } from 'heddle/optim'
import { profile } from 'heddle/profile'
import { fit } from 'heddle/train'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

const layer = dense(4)
const params = layer.init(key, x)
is<ParamsOf<typeof layer>>()(params)
is<Tensor>()(layer.apply(params, x))

const optimizer = sgd(0.1)
const state = optimizer.init(params)
const step = jit((p: typeof params, s: typeof state, input: Tensor) => {
  const [loss, gradients] = valueAndGrad((q: typeof params) => layer.apply(q, input))(p)
  const [updates, next] = optimizer.update(gradients, s, p)
  return [applyUpdates(p, updates), next, loss]
})
is<[typeof params, typeof state, Tensor]>()(step(params, state, x))
is<typeof params>()(profile(grad((q: typeof params) => layer.apply(q, x)))(params).result)
is<typeof params>()(grad((q: typeof params) => layer.apply(q, x))(params))

interface Carry {
  h: Tensor
}
const [carry, tokens] = sample((c: Carry, token) => [c, token] as const, { h: x }, x, { length: 3, key })
is<Carry>()(carry)
is<Tensor>()(tokens)
is<Carry>()(restoreTree(carry, { h: x }))

const reports = fit(({ h }: Carry, number) => [{ h }, number] as const, carry, { steps: 3, onStep: ({ step }) => step })
for await (const { state, loss } of reports) {
  is<Carry>()(state)
  is<number>()(loss)
}

// Attention's weights are there where the decoder has some, and parameters keep the types of their parts.
const spoken = encoderDecoder({
  source: embedding(5, 4),
  encoder: bidirectional(lstmCell(3)),
  target: embedding(5, 4),
  decoder: luongDecoder(lstmCell(3), luongAttention('general'), { units: 3 }),
  head: dense(5),
})
const spokenParams = spoken.init(key, x)
is<Tensor>()(spokenParams.source.w)
is<CellParams>()(spokenParams.encoder.backward)
is<GeneralParams>()(spokenParams.decoder.attention)
is<Tensor>()(spoken.apply(spokenParams, x, x).weights)
const memoryOfX = spoken.encode(spokenParams, x)
is<LuongCarry<LstmCarry>>()(spoken.initialCarry(spokenParams, memoryOfX))
is<[LuongCarry<LstmCarry>, Tensor]>()(
  greedy(spoken.step(spokenParams, memoryOfX), spoken.initialCarry(spokenParams, memoryOfX), x, { length: 3 }),
)
const unseen = encoderDecoder({ encoder: gruCell(3), decoder: plainDecoder(gruCell(3)), head: dense(2) })
is<null>()(unseen.apply(unseen.init(key, x, x), x, x).weights)
