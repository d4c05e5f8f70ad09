// An encoder-decoder keeps the types of its parts.
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
