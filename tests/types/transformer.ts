// Parameters know their norms, carries are the same for both Transformers, and what a mode must have is asked for.
import type { Tensor } from 'heddle'
import { grad } from 'heddle'
import { greedy } from 'heddle/decode'
import {
  chain,
  decoderBlock,
  embedding,
  encoderBlock,
  type FeedForwardParams,
  gpt,
  type MultiHeadParams,
  type NormParams,
  rmsNorm,
  type TransformerCarry,
  transformer,
} from 'heddle/nn'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

const sizes = { vocabulary: 5, length: 4, width: 8, layers: 1, heads: 2 }
const model = gpt(sizes)
const params = model.init(key, x)
is<MultiHeadParams>()(params.blocks[0].attention)
is<NormParams | null>()(params.norm)
is<typeof params>()(grad((p: typeof params) => model.apply(p, x))(params))
is<[TransformerCarry, Tensor]>()(greedy(model.step(params), model.initialCarry(params), x, { length: 3 }))

const squares = gpt({ ...sizes, norm: rmsNorm() }).init(key, x)
is<{ scale: Tensor }>()(squares.blocks[0].norm1)
// @ts-expect-error it has no bias
squares.blocks[0].norm1.bias

const stacked = chain(embedding(5, 8), encoderBlock({ heads: 2 })).init(key, x)
is<FeedForwardParams>()(stacked[1].feedForward)

const whole = transformer({ vocabulary: 5, heads: 2 })
const memory = whole.encode(whole.init(key, x), x)
is<null>()(whole.apply(whole.init(key, x), x, x).weights)
is<TransformerCarry>()(whole.initialCarry(whole.init(key, x), memory))

const block = decoderBlock({ heads: 2 })
// @ts-expect-error a decoder's block has a memory
block.apply(block.init(key, x, x), x)
// @ts-expect-error heads are asked for
encoderBlock({})
