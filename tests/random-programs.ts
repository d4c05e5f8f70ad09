// Random programs of bounded values, away from kinks: elementwise functions, products, reductions, shapes, gathers and
// scans (nested, either direction, carries exchanged and passed on, ragged) and choices, for differential tests against the references.
import type { Tensor } from '../ts/core/tensor.js'
import {
  add,
  at,
  cast,
  checkpoint,
  concat,
  dotGeneral,
  flip,
  logicalNot,
  logsumexp,
  mean,
  mul,
  neg,
  pad,
  reshape,
  scan,
  scatterAdd,
  sigmoid,
  sin,
  slice,
  softmaxCrossEntropy,
  split,
  stopGradient,
  sub,
  sum,
  take,
  tanh,
  tensor,
  transpose,
  where,
} from '../ts/index.js'
import { type Draw, type NdArray, values } from '../ts/ops/laws.js'
import {
  anyFloat,
  axisOf,
  Choices,
  indices,
  isFloat,
  range,
  type Step,
  same,
  tame,
  withShape,
} from './random-choices.js'
import { controlSteps, count } from './random-control.js'
import { idioms } from './random-idioms.js'
import { integerSteps } from './random-integers.js'

/** A function of tensors that records nothing of its choices: it makes the same ones whenever it is called. */
export interface RandomProgram {
  f(inputs: Tensor[]): Tensor[]
  inputs: NdArray[]
}

const steps: Record<string, Step> = {
  unary: (pool, choices) => [choices.pick(tame)(anyFloat(pool, choices))],
  binary(pool, choices) {
    const x = anyFloat(pool, choices)
    const y = choices.integer(0, 3) === 0 ? choices.number() : withShape(pool, choices, x.shape)
    return [choices.pick([add, sub, mul, mul])(x, y)]
  },
  where(pool, choices) {
    const x = anyFloat(pool, choices)
    const condition = tensor(Array.from({ length: x.size }, () => choices.integer(0, 1) === 1).concat([]), {
      dtype: 'bool',
      shape: [...x.shape],
    })
    return [where(condition, x, withShape(pool, choices, x.shape))]
  },
  product(pool, choices) {
    const x = tanh(anyFloat(pool, choices))
    const y = tanh(anyFloat(pool, choices))
    const pairs = range(x.rank).flatMap(i =>
      range(y.rank).flatMap(k => (x.shape[i] === y.shape[k] && x.shape[i] > 0 ? [[i, k]] : [])),
    )
    const free = x.rank + y.rank
    if (pairs.length === 0 || free > 6) return [tanh(mul(sum(x), sum(tanh(y))))]
    const [i, k] = choices.pick(pairs)
    const others = pairs.filter(([a, b]) => a !== i && b !== k)
    const batch = others.length > 0 && choices.integer(0, 2) === 0 ? choices.pick(others) : null
    const result = dotGeneral(x, y, { contract: [[i], [k]], batch: batch ? [[batch[0]], [batch[1]]] : [[], []] })
    return result.rank <= 3 ? [mul(result, 0.5)] : [tanh(sum(result, { axis: [0, 1] }))]
  },
  reduce(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank === 0) return [tanh(x)]
    const axis = axisOf(x, choices)
    const keepDims = choices.integer(0, 1) === 1
    if (x.shape[axis] === 0) return [sum(x, { axis, keepDims })]
    return [choices.pick([sum, mean, logsumexp])(tanh(x), { axis, keepDims })]
  },
  transpose(pool, choices) {
    const x = anyFloat(pool, choices)
    const left = range(x.rank)
    return [
      transpose(
        x,
        range(x.rank).map(() => left.splice(choices.integer(0, left.length - 1), 1)[0]),
      ),
    ]
  },
  reshape(pool, choices) {
    const x = anyFloat(pool, choices)
    return [
      reshape(
        x,
        choices.pick([
          [x.size],
          [1, x.size],
          [...x.shape, 1],
          x.rank > 1 ? [...x.shape.slice(1), x.shape[0]] : [x.size, 1],
        ]),
      ),
    ]
  },
  split(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank === 0) return [sin(x)]
    const axis = axisOf(x, choices)
    const first = choices.integer(0, x.shape[axis])
    return split(x, [first, x.shape[axis] - first], axis)
  },
  concat(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank === 0 || x.size > 40) return [tanh(x)]
    return [concat([x, withShape(pool, choices, x.shape)], axisOf(x, choices))]
  },
  slice(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank === 0) return [neg(x)]
    const start = x.shape.map(n => choices.integer(0, Math.max(0, n - 1)))
    return [
      slice(
        x,
        start,
        [],
        x.shape.map(() => choices.integer(1, 2)),
      ),
    ]
  },
  flip(pool, choices) {
    const x = anyFloat(pool, choices)
    return [x.rank === 0 ? neg(x) : flip(x, axisOf(x, choices))]
  },
  pad(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.size > 40) return [mul(x, 0.5)]
    return [
      pad(
        x,
        x.shape.map(() => [choices.integer(0, 1), choices.integer(0, 2)] as const),
        choices.number(),
      ),
    ]
  },
  take(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank === 0 || x.size === 0) return [tanh(x)]
    const axis = axisOf(x, choices)
    return [take(x, indices(choices, x.shape[axis], choices.integer(1, 3)), axis)]
  },
  scatter(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank === 0 || x.size === 0) return [sigmoid(x)]
    const count = choices.integer(0, 3)
    const updates = withShape(pool, choices, [count, ...x.shape.slice(1)])
    return [scatterAdd(x, indices(choices, x.shape[0], count), updates)]
  },
  crossEntropy(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank !== 2 || x.size === 0) return [tanh(x)]
    return [softmaxCrossEntropy(x, indices(choices, x.shape[1], x.shape[0]))]
  },
  scan(pool, choices, depth) {
    if (depth > 1) return [tanh(anyFloat(pool, choices))]
    const init = range(choices.integer(0, 3)).map(() =>
      choices.once(6) && pool.length > 0 ? choices.pick(pool) : anyFloat(pool, choices),
    )
    const sequences = pool.filter(x => x.rank > 0 && isFloat(x) && x.shape[0] <= 6)
    const first = sequences.length > 0 && choices.integer(0, 4) > 0 ? choices.pick(sequences) : null
    const length = first === null ? choices.integer(0, 3) : first.shape[0]
    const others = pool.filter(x => x.rank > 0 && x.shape[0] === length)
    const xs = first === null ? [] : [first, ...others.filter(() => choices.integer(0, 2) === 0)]
    const counter = choices.integer(0, 2) === 0
    const lengths = choices.once(3) ? count(pool, choices, length) : undefined
    const carries = counter ? [...init, tensor(0, { dtype: 'int32' })] : init
    const body = (carry: Tensor[], x: Tensor[]): [Tensor[], Tensor[]] => {
      const outside = pool.filter(() => choices.integer(0, 2) === 0)
      const own = grow([...carry, ...x, ...outside], choices, choices.integer(1, 4), depth + 1)
      const next: Tensor[] = []
      for (const [i, c] of carry.entries()) next.push(nextCarry(c, i, carry, next, own, choices))
      const ys = range(choices.integer(0, 3)).map(() => choices.pick([...own, ...next, tensor(0.5)]))
      return [next, ys.map(y => (isFloat(y) ? y : cast(y, 'float32')))]
    }
    const [last, ys] = scan(body, carries, xs, { length, lengths, reverse: choices.integer(0, 1) === 1 })
    return [...last.filter(isFloat), ...ys.map(y => mul(y, 0.25))]
  },
  entry(pool, choices) {
    const x = anyFloat(pool, choices)
    if (x.rank === 0 || x.size === 0) return [x]
    const axis = axisOf(x, choices)
    return [at(x, choices.integer(-x.shape[axis], x.shape[axis] - 1), axis)]
  },
  checkpoint(pool, choices, depth) {
    if (depth > 1) return [tanh(anyFloat(pool, choices))]
    const given = pool.filter(() => choices.integer(0, 1) === 1)
    const count = choices.integer(1, 3)
    const block = (own: Tensor[]): Tensor[] => {
      const all = [...own, ...pool.filter(() => choices.once(3))]
      return grow(all, choices, count, depth + 1).slice(choices.once(3) ? 0 : all.length)
    }
    return checkpoint(block)(given)
  },
  stopGradient(pool, choices) {
    const x = anyFloat(pool, choices)
    return [choices.mayStop ? stopGradient(mul(x, 0.5)) : mul(x, 0.5)]
  },
}

/** As it is, another carry, what another carry becomes, or something new that keeps values bounded. */
function nextCarry(
  c: Tensor,
  i: number,
  carry: readonly Tensor[],
  made: readonly Tensor[],
  pool: readonly Tensor[],
  choices: Choices,
): Tensor {
  if (c.dtype === 'bool') return logicalNot(c)
  if (!isFloat(c)) return add(c, choices.integer(0, 2))
  const fits = (other: Tensor) => isFloat(other) && same(other.shape, c.shape)
  const others = carry.filter((other, k) => k !== i && fits(other))
  const twins = made.filter(fits)
  const kind = choices.integer(0, 8)
  if (kind === 0) return c
  if (kind <= 2 && others.length > 0) return choices.pick(others)
  if (kind <= 4 && twins.length > 0) return choices.pick(twins)
  if (kind === 5 && c.rank > 0) return flip(c, 0)
  const fresh = tanh(withShape(pool, choices, c.shape))
  return kind === 6 ? add(mul(c, 0.5), fresh) : kind === 7 ? add(mul(choices.pick([c, ...others]), 0.5), fresh) : fresh
}

const everything: Record<string, Step> = { ...steps, ...idioms, ...integerSteps, ...controlSteps }
const plain = [...Object.keys(steps), ...Object.keys(controlSteps), 'scan', 'scan', 'binary', 'binary', 'product']
/** What a program, and a loop in it, is made of. */
const names = [
  [...plain, ...Object.keys(idioms), ...Object.keys(idioms), 'recurrence', 'recurrence', ...Object.keys(integerSteps)],
  [...plain, ...Object.keys(idioms).filter(name => name !== 'recurrence' && name !== 'weights'), 'arithmetic'],
]

/** The pool and the results of some random steps. */
function grow(start: readonly Tensor[], choices: Choices, count: number, depth: number): Tensor[] {
  const pool = start.slice()
  for (let i = 0; i < count; i++)
    pool.push(...everything[choices.pick(names[Math.min(depth, 1)])](pool, choices, depth))
  return pool
}

/** A random function of a few inputs, floats all but some. `mayStop`: derivatives need not be those of its values. */
export function randomProgram(draw: Draw, mayStop = false): RandomProgram {
  const isLarge = draw.integer(0, 60) === 60
  const length = () => draw.pick([3, 2, 1, 4, 0, 5, 7])
  const shared = isLarge ? [67, 65] : [length(), draw.pick([2, 3, 1, 5])]
  const shapes = range(draw.integer(1, 4)).map(() =>
    isLarge ? shared : range(draw.integer(0, 3)).map(() => (draw.integer(0, 2) === 0 ? length() : draw.pick(shared))),
  )
  const inputs = shapes.map(shape => values(draw, shape, 'float32', -1, 1))
  if (draw.integer(0, 3) === 0) inputs.push(values(draw, [draw.pick([2, 3, 5])], draw.pick(['int32', 'uint32']), 0, 5))
  const choices = new Choices(draw, mayStop)
  const count = isLarge ? 2 : draw.integer(1, 6)
  const kept = draw.integer(1, 4)
  return {
    inputs,
    f(tensors) {
      choices.rewind()
      const pool = isLarge ? chains(tensors, choices, count) : grow(tensors, choices, count, 0)
      // A call made at once may return what it was given: what is new is told by its place.
      const made = isLarge ? pool.filter(x => !tensors.includes(x)) : pool.slice(tensors.length)
      const floats = made.filter(isFloat)
      const last = (floats.length === 0 ? tensors : floats).slice(-kept)
      return [...last, ...made.filter(x => !isFloat(x)).slice(-1)]
    },
  }
}

/** Elementwise operations on tensors above the sizes at which passes decide otherwise, and of more than one tile. */
function chains(start: readonly Tensor[], choices: Choices, count: number): Tensor[] {
  const pool = start.filter(isFloat)
  for (let i = 0; i < count; i++)
    pool.push(...idioms.chain(pool, choices, 0), tanh(sum(choices.pick(pool), { axis: 0 })))
  return [...pool, ...idioms.turned(start.filter(isFloat), choices, 0)]
}
