// The bits that all random numbers are made of: threefry2x32 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
// 3"). Apart from random.ts, because users get that module whole.
import { Opcode, ThreefryKind } from '../../assembly/format.js'
import { read, write } from '../compiler/lowering.js'
import { elements, ITEM_BYTES } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import { showShape } from '../core/shape.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { withoutTangent } from './elementwise.js'
import { build, type Laws } from './laws.js'
import { moveaxis } from './transpose.js'

interface ThreefryParams {
  count: number
  /** Pairs of words instead of their exclusive or. */
  pairs: boolean
}

/** key [..., 2] uint32 -> [..., count] words, or [..., count, 2] pairs; keys [..., 4] end in the counter they start at. */
export const threefryPrimitive: Primitive<ThreefryParams> = {
  name: 'threefry',
  type([key], { count, pairs }) {
    if (key.dtype !== 'uint32' || !(key.shape.at(-1) === 2 || (pairs && key.shape.at(-1) === 4))) {
      throw typeError(`random: a key is uint32[2] (see random.key), not ${key.dtype}${showShape(key.shape)}`)
    }
    return [{ shape: [...key.shape.slice(0, -1), count, ...(pairs ? [2] : [])], dtype: 'uint32' }]
  },
  jvp: withoutTangent,
  transpose: null,
  batch([key], [dim], params) {
    const isLast = dim === key.rank - 1
    return {
      results: [bind1(threefryPrimitive, [isLast ? moveaxis(key, dim!, 0) : key], params)],
      dims: [isLast ? 0 : dim],
    }
  },
  lower(lowering, { inputs, outputs }, { count, pairs }) {
    const key = lowering.contiguous(lowering.view(inputs[0]))
    const out = lowering.output(outputs[0])
    if (elements(out.shape) === 0) return
    const words = key.shape.at(-1)!
    const keys = elements(key.shape) / words
    const kind = words === 4 ? ThreefryKind.SplitAt : pairs ? ThreefryKind.Split : ThreefryKind.Bits
    lowering.emit(Opcode.Threefry, [
      kind,
      keys,
      count,
      write(out),
      count * (pairs ? 2 : 1) * ITEM_BYTES,
      read(key),
      words * ITEM_BYTES,
    ])
  },
}

/** Threefry-2x32 with 20 rounds (Salmon et al. 2011, section 3 and table 2): key schedule, rotations, injections. */
function threefry(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bda]
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24]
  let [x0, x1] = [(c0 + k0) | 0, (c1 + k1) | 0]
  for (let round = 0; round < 20; round++) {
    const by = rotations[round % 8]
    x0 = (x0 + x1) | 0
    x1 = ((x1 << by) | (x1 >>> (32 - by))) ^ x0
    if (round % 4 !== 3) continue
    const injection = (round + 1) / 4
    x0 = (x0 + keys[injection % 3]) | 0
    x1 = (x1 + keys[(injection + 1) % 3] + injection) | 0
  }
  return [x0 >>> 0, x1 >>> 0]
}

export const threefryLaws: Laws<ThreefryParams> = {
  primitive: threefryPrimitive,
  tolerance: 0,
  reference([keys], { count, pairs }) {
    const lead = keys.shape.slice(0, -1)
    const width = keys.shape.at(-1)!
    const word = (index: number[]) => {
      const at = index.slice(0, lead.length).reduce((flat, i, axis) => flat * lead[axis] + i, 0) * width
      const [c0, c1] = width === 4 ? [keys.data[at + 2], keys.data[at + 3]] : [0, 0]
      return threefry(keys.data[at], keys.data[at + 1], c0, c1 + index[lead.length])
    }
    const element = (index: number[]) => {
      const [x0, x1] = word(index)
      return pairs ? [x0, x1][index[lead.length + 1]] : (x0 ^ x1) >>> 0
    }
    return [build([...lead, count, ...(pairs ? [2] : [])], 'uint32', element)]
  },
  draw(draw) {
    const random = draw.random()
    const pairs = draw.integer(0, 1) === 1
    const width = pairs ? draw.integer(1, 2) * 2 : 2
    const keys = build([...draw.shape({ maxRank: 2 }), width], 'uint32', () => Math.floor(random() * 4294967296))
    return { inputs: [keys], params: { count: draw.integer(0, 9), pairs } }
  },
}
