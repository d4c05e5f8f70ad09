// Attention's weights are there where the decoder has some, and parameters keep the types of their parts.
import type { Tensor } from 'heddle'
import { greedy } from 'heddle/decode'
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
  plainDecoder,
} from 'heddle/nn'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

const model = encoderDecoder({
  source: embedding(5, 4),
  encoder: bidirectional(lstmCell(3)),
  target: embedding(5, 4),
  decoder: luongDecoder(lstmCell(3), luongAttention('general'), { units: 3 }),
  head: dense(5),
})
const params = model.init(key, x)
is<Tensor>()(params.source.w)
is<CellParams>()(params.encoder.backward)
is<GeneralParams>()(params.decoder.attention)
is<Tensor>()(model.apply(params, x, x).weights)
const memory = model.encode(params, x)
const start = model.initialCarry(params, memory)
is<LuongCarry<LstmCarry>>()(start)
is<[LuongCarry<LstmCarry>, Tensor]>()(greedy(model.step(params, memory), start, x, { length: 3 }))

const unseen = encoderDecoder({ encoder: gruCell(3), decoder: plainDecoder(gruCell(3)), head: dense(2) })
is<null>()(unseen.apply(unseen.init(key, x, x), x, x).weights)
// @ts-expect-error a cell is no decoder
encoderDecoder({ encoder: gruCell(3), decoder: gruCell(3), head: dense(2) })
