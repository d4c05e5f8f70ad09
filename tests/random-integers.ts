// Random steps with integers and bools, and from them to floats and back where no rounding can tip a comparison.
import type { Tensor } from '../ts/core/tensor.js'
import {
  add,
  all,
  any,
  argmax,
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  cast,
  equal,
  flip,
  greater,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  max,
  maximum,
  minimum,
  mul,
  random,
  scatterAdd,
  shiftLeft,
  shiftRight,
  sub,
  sum,
  take,
  tensor,
  where,
} from '../ts/index.js'
import { anyFloat, type Choices, range, type Shape, type Step, withShape } from './random-choices.js'

const isInteger = (x: Tensor): boolean => x.dtype === 'int32' || x.dtype === 'uint32'

function source(choices: Choices, shape: Shape, dtype: 'int32' | 'uint32'): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    range(size).map(() => choices.integer(dtype === 'int32' ? -9 : 0, 9)),
    { dtype, shape: [...shape] },
  )
}

function anyInteger(pool: readonly Tensor[], choices: Choices): Tensor {
  const integers = pool.filter(isInteger)
  if (integers.length > 0 && !choices.once(4)) return choices.pick(integers)
  return source(choices, choices.pick([[3], [2, 3], [5], []]), choices.pick(['int32', 'uint32']))
}

const fitting = (pool: readonly Tensor[], choices: Choices, x: Tensor): Tensor => {
  const others = pool.filter(y => y.dtype === x.dtype && y.shape.join() === x.shape.join())
  return others.length > 0 && !choices.once(3) ? choices.pick(others) : source(choices, x.shape, x.dtype as 'int32')
}

/** Small enough to be a float of any program. */
const toFloat = (x: Tensor): Tensor => mul(cast(bitwiseAnd(x, 7), 'float32'), 0.125)

export const integerSteps: Record<string, Step> = {
  arithmetic(pool, choices) {
    const x = anyInteger(pool, choices)
    const y = choices.once(3) ? choices.integer(0, 5) : fitting(pool, choices, x)
    return [choices.pick([add, sub, mul, bitwiseAnd, bitwiseOr, bitwiseXor, minimum, maximum])(x, y)]
  },
  shift(pool, choices) {
    const x = anyInteger(pool, choices)
    return [choices.pick([shiftLeft, shiftRight])(x, choices.integer(0, 31)), bitwiseNot(x)]
  },
  convert(pool, choices) {
    const x = anyInteger(pool, choices)
    return [cast(x, choices.pick(['int32', 'uint32', 'bool'])), toFloat(x)]
  },
  condition(pool, choices) {
    const x = anyInteger(pool, choices)
    const y = fitting(pool, choices, x)
    const first = choices.pick([less, greater, equal])(x, y)
    const second = choices.pick([logicalNot(first), logicalAnd(first, greater(x, 1)), logicalOr(first, less(x, 0))])
    const z = withShape(pool, choices, x.shape)
    return [second, where(second, x, y), where(first, z, mul(z, choices.number()))]
  },
  total(pool, choices) {
    const x = anyInteger(pool, choices)
    if (x.rank === 0 || x.size === 0) return [toFloat(x)]
    const axis = choices.integer(0, x.rank - 1)
    const isSmall = less(bitwiseAnd(x, 3), 2)
    return [
      choices.pick([sum, max])(x, { axis }),
      choices.pick([any, all])(isSmall, { axis }),
      argmax(x, axis),
      flip(x, axis),
    ]
  },
  computedIds(pool, choices) {
    const x = anyFloat(pool, choices)
    const ids = anyInteger(pool, choices)
    if (x.rank === 0 || x.shape[0] === 0 || ids.rank > 1 || ids.size > 6) return [toFloat(ids)]
    const rows = take(x, cast(ids, 'int32'))
    return rows.rank > 3 ? [sum(rows, { axis: 0 })] : [rows, scatterAdd(x, cast(ids, 'int32'), mul(rows, 0.5))]
  },
  noise(pool, choices) {
    const x = anyFloat(pool, choices)
    const key = random.foldIn(random.key(choices.integer(0, 9)), choices.integer(0, 3))
    return [add(random.uniform(key, x.shape), x)]
  },
}
