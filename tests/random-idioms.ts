// What the compiler's passes look for, in random variations, the ones among them where a pass must not act.
import type { Tensor } from '../ts/core/tensor.js'
import {
  add,
  at,
  broadcastTo,
  concat,
  div,
  dotGeneral,
  expandDims,
  flip,
  mul,
  neg,
  scan,
  scatterAdd,
  sigmoid,
  sin,
  slice,
  split,
  sub,
  sum,
  take,
  tanh,
  tensor,
  transpose,
  zeros,
} from '../ts/index.js'
import { anyFloat, type Choices, dense, indices, isFloat, range, type Step } from './random-choices.js'

const LENGTHS = [3, 2, 1, 5, 4, 9]

/** x [..., k] times w [k, ...]. */
const times = (x: Tensor, w: Tensor): Tensor => dotGeneral(x, w, { contract: [[x.rank - 1], [0]], batch: [[], []] })

/** x [B..., m]^T times y [B..., n], all but the last dimensions contracted. */
const outerSum = (x: Tensor, y: Tensor): Tensor =>
  dotGeneral(x, y, { contract: [range(x.rank - 1), range(y.rank - 1)], batch: [[], []] })

const either = (choices: Choices, x: Tensor, y: Tensor): [Tensor, Tensor] => (choices.once(2) ? [y, x] : [x, y])

/** One or more of a list. */
const some = <T>(choices: Choices, list: readonly T[]): T[] => {
  const chosen = list.filter(() => choices.once(3))
  return chosen.length > 0 ? chosen : list.slice(-1)
}

/** One more step with rows that a take made. */
function withRows(rows: Tensor, pool: readonly Tensor[], choices: Choices): Tensor {
  const d = rows.shape.at(-1)!
  const kind = choices.integer(0, 6)
  if (kind <= 1) return times(rows, dense(pool, choices, [d, ...choices.pick([[2], [3], [2, 2], []])]))
  if (kind === 2) return add(rows, dense(pool, choices, [d]))
  if (kind === 3) return mul(choices.number(), rows)
  if (kind === 4) return mul(rows, dense(pool, choices, rows.shape))
  if (kind === 5 && rows.rank > 2 && choices.once(2)) return transpose(rows, [1, 2, 0, ...range(rows.rank).slice(3)])
  if (kind === 5 && rows.rank > 1) return transpose(rows, [1, 0, ...range(rows.rank).slice(2)])
  return tanh(rows)
}

/** Rows of a table by more ids than it has rows (or fewer), and products of them. */
const lookup: Step = (pool, choices) => {
  const [n, d] = [choices.integer(1, 4), choices.pick(LENGTHS)]
  const table = dense(pool, choices, choices.once(3) ? [n, d, choices.pick(LENGTHS)] : [n, d])
  const shape = choices.pick([[n + 1], [2, n], [n + 3], [3, 2], [2, 1, 3], [n], []])
  const ids = indices(choices, n, ...shape)
  let rows = take(table, ids)
  const results = [rows]
  for (let i = choices.integer(1, 3); i > 0 && rows.rank > 0 && rows.rank < 5; i--) {
    rows = withRows(rows, pool, choices)
    results.push(rows)
  }
  return choices.once(3) ? results : [rows]
}

/** take(E, i)^T Z and scatterAdd(0, i, Z W), as the gradients of an embedding have them. */
const embeddingGradient: Step = (pool, choices) => {
  const [n, d, m] = [choices.integer(1, 4), choices.pick(LENGTHS), choices.pick(LENGTHS)]
  const shape = choices.pick([[n + 2], [2, n], [3, 2], [2, 3, 2], [1]])
  const ids = indices(choices, n, ...shape)
  const z = dense(pool, choices, [...shape, m])
  const w = dense(pool, choices, choices.once(4) ? [m, d, 2] : [m, d])
  const rest = w.shape.slice(1)
  const start = choices.pick([
    zeros([n, ...rest]),
    zeros([n, ...rest]),
    broadcastTo(tensor(0.5), [n, ...rest]),
    dense(pool, choices, [n, ...rest]),
  ])
  let updates = choices.once(3) ? dense(pool, choices, [...shape, ...rest]) : times(z, w)
  let places = ids
  if (shape.length > 1 && choices.once(3)) {
    const order =
      shape.length === 2
        ? [1, 0]
        : choices.pick([
            [1, 2, 0],
            [2, 0, 1],
            [0, 2, 1],
          ])
    updates = transpose(updates, [...order, ...range(updates.rank).slice(shape.length)])
    places = transpose(ids, order)
  }
  const scattered = scatterAdd(start, places, updates)
  const rows = take(dense(pool, choices, [n, d]), ids)
  const [x, y] = either(choices, rows, z)
  const product =
    shape.length === 2 && choices.once(3)
      ? dotGeneral(x, transpose(y, [1, 0, ...range(y.rank).slice(2)]), { contract: [[0, 1], [1, 0]], batch: [[], []] }) // biome-ignore format: pairs
      : outerSum(x, y)
  return some(choices, [product, scattered])
}

/** Two uses of one value that are the same, or all but the same. */
const twins: Step = (pool, choices) => {
  const n = choices.pick([2, 3, 5])
  const x = choices.once(2) ? dense(pool, choices, [n, n, n]) : tanh(dense(pool, choices, [n, n, n]))
  const apply = choices.pick<(k: number) => Tensor>([
    k =>
      transpose(
        x,
        [
          [0, 2, 1],
          [1, 0, 2],
          [1, 2, 0],
          [2, 0, 1],
        ][k % 4],
      ),
    k =>
      transpose(
        transpose(x, [1, 2, 0]),
        [
          [0, 2, 1],
          [1, 0, 2],
          [1, 2, 0],
          [2, 0, 1],
        ][k % 4],
      ),
    k => sum(x, { axis: k % 3 }),
    k => flip(x, k % 3),
    k =>
      slice(
        x,
        [0, 0, 0].map((_, i) => Number(i === k % 3)),
        [n, n, n].map((length, i) => length - Number(i !== k % 3)),
      ),
    k => mul(x, [0.5, -0.5, 1][k % 3]),
    k => mul(x, [0, -0][k % 2]),
    k => (k % 2 ? sub(x, flip(x, 0)) : sub(flip(x, 0), x)),
    k => div(x, [1, 2, -1][k % 3]),
    k => mul(x, choices.pick([add, sub, mul, div])(0.75, [1, 3, 2][k % 3])),
    k => add(mul(x, 1), [1, 0, 2][k % 3]),
    k =>
      broadcastTo(
        expandDims(broadcastTo(sum(x, { axis: [k % 3, (k + 1) % 3] }), [2, n]), k % 3),
        [
          [3, 2, n],
          [2, 3, n],
          [2, n, 3],
        ][k % 3],
      ),
    k => dotGeneral(x, x, { contract: [[k % 3], [k % 2]], batch: [[], []] }),
    k => take(x, tensor([0, k % 3, 1], { dtype: 'int32' }), k % 2),
  ])
  const k = choices.integer(0, 4)
  const [first, second] = [apply(k), apply(choices.once(4) ? k : k + choices.integer(1, 4))]
  const results = [first, second].map(y => (y.rank > 3 ? sum(y, { axis: [0] }) : y))
  return first.shape.join() === second.shape.join() && choices.once(2)
    ? [sub(mul(results[0], 0.75), results[1])]
    : results
}

/** Sums of products that are batched, of transpositions and of sums. */
const sums: Step = (pool, choices) => {
  const [b, k, m, n] = range(4).map(() => choices.pick(LENGTHS))
  const x = dense(pool, choices, choices.once(2) ? [b, k, m] : [k, b, m])
  const y = dense(pool, choices, [n, b, k])
  const [own, inner] = x.shape[0] === b && x.shape[1] === k ? [0, 1] : [1, 0]
  let value = choices.once(4)
    ? transpose(
        x,
        choices.pick([
          [2, 0, 1],
          [1, 0, 2],
          [0, 2, 1],
        ]),
      )
    : dotGeneral(x, y, { contract: [[inner], [2]], batch: [[own], [1]] })
  const results = choices.once(4) ? [value] : []
  if (choices.once(3))
    value = transpose(
      value,
      choices.pick([
        [2, 0, 1],
        [1, 0, 2],
        [0, 2, 1],
        [1, 2, 0],
      ]),
    )
  value = sum(value, { axis: choices.pick([[0], [0], [1], [2], [0, 1], [0, 2], [1, 2]]) })
  if (choices.once(3) && value.rank > 0) value = sum(value, { axis: choices.integer(0, value.rank - 1) })
  return [...results, value]
}

/** Elementwise operations after each other, several of them results. */
const chain: Step = (pool, choices) => {
  const x = anyFloat(pool, choices)
  const { shape } = x
  const last = shape.length === 0 ? [] : shape.slice(-1)
  const local = [x, dense(pool, choices, shape), broadcastTo(dense(pool, choices, last), shape)]
  const pick = () => choices.pick(local.slice(-5))
  for (let i = choices.integer(2, choices.once(8) ? 70 : 9); i > 0; i--) {
    const kind = choices.integer(0, 7)
    if (kind <= 1) local.push(add(...either(choices, mul(pick(), pick()), pick())))
    else if (kind === 2) local.push(choices.pick([tanh, sigmoid, sin, neg])(pick()))
    else if (kind === 3) local.push(sub(pick(), pick()))
    else if (kind === 4) {
      const product = mul(pick(), 0.5)
      local.push(add(product, pick()), product)
    } else local.push(tanh(add(pick(), mul(pick(), choices.number()))))
    if (i % 4 === 0) local.push(sin(local.at(-1)!))
  }
  return some(
    choices,
    local
      .slice(3)
      .map(y => sin(y))
      .concat(local.slice(-2)),
  )
}

/** Elementwise operations that read a value in another order than they write: in its own place they would be wrong. */
const turned: Step = (pool, choices) => {
  const x = anyFloat(pool, choices)
  const axes = range(x.rank).filter(() => choices.once(2))
  const y = axes.reduce((y, axis) => flip(y, axis), x)
  const isSquare = x.rank > 1 && x.shape[0] === x.shape[1]
  return [choices.pick([tanh, neg, sin])(isSquare ? transpose(y, [1, 0, ...range(x.rank).slice(2)]) : y)]
}

/** Parts that an elementwise operation makes, laid beside each other. */
const parts: Step = (pool, choices) => {
  const x = dense(pool, choices, choices.pick([[2, 3], [3, 2, 2], [5]]))
  const axis = choices.integer(0, x.rank - 1)
  const made = range(choices.integer(1, 3)).map(() => {
    const kind = choices.integer(0, 5)
    if (kind === 0) return x
    if (kind === 1) return flip(tanh(x), axis)
    return choices.pick([tanh, sigmoid, sin, neg])(kind === 2 ? mul(x, choices.number()) : x)
  })
  const list = choices.once(4) ? [...made, made[0]] : made
  const whole = concat(list, axis)
  const results = choices.once(4) ? [concat([whole, choices.once(2) ? tanh(x) : whole], axis)] : [whole]
  if (choices.once(3)) results.push(add(made.at(-1)!, x))
  if (choices.once(3))
    results.push(
      ...split(
        tanh(whole),
        list.map(part => part.shape[axis]),
        axis,
      ),
    )
  return results
}

/** A product added to something that dies there, or does not. */
const addend: Step = (pool, choices) => {
  const [b, k, n] = [choices.pick(LENGTHS), choices.pick(LENGTHS), choices.pick(LENGTHS)]
  const x = dense(pool, choices, [b, n])
  const y = choices.pick([x, tanh(x), transpose(tanh(transpose(x, [1, 0])), [1, 0]), flip(tanh(x), 0)])
  const product = times(dense(pool, choices, [b, k]), dense(pool, choices, [k, n]))
  let total = add(...either(choices, y, product))
  if (choices.once(3)) total = add(total, times(y, dense(pool, choices, [n, n])))
  const results = [choices.once(2) ? tanh(total) : total]
  if (choices.once(4)) results.push(y)
  if (choices.once(6)) results.push(product)
  return choices.once(3)
    ? [
        concat(
          results.map(r => tanh(r)),
          1,
        ),
        ...results,
      ]
    : results
}

/** One weight in several products, in a loop and in a loop inside it; slices of it, two walks along it; one that changes. */
const weights: Step = (pool, choices) => {
  const [b, k] = [choices.pick([2, 3]), choices.pick([2, 3, 5])]
  const length = choices.integer(1, 3)
  const stack = dense(pool, choices, [length, k, k])
  const fixed = dense(pool, choices, [2 * k, k])
  const [start, other] = [dense(pool, choices, [b, k]), dense(pool, choices, [b, k])]
  const piece = (row: number) => slice(fixed, [row, 0], [row + k, k])
  const grid = dense(pool, choices, [length, length, k, k])
  const body = ([h, m]: Tensor[], [w, row, column]: Tensor[]): [Tensor[], Tensor[]] => {
    const entry = at(stack, choices.integer(0, length - 1))
    const choose = () =>
      choices.pick([w, w, m, m, entry, piece(0), piece(k), piece(1), transpose(w, [1, 0]), at(row, 0), at(column, 0)])
    const first = tanh(times(h, choose()))
    const changed = choices.once(2) ? add(mul(m, 0.5), outerSum(first, other)) : m
    const again = choices.pick([choose(), changed, w])
    const inner = choices.once(2)
      ? scan(([g]: Tensor[]) => [[tanh(add(times(g, again), times(h, choose())))], [] as Tensor[]], [first], [], {
          length: 2,
        })[0][0]
      : times(first, again)
    return [[tanh(inner), tanh(changed)], some(choices, [h, first, times(other, choose()), times(first, changed)])]
  }
  const xs = [stack, grid, transpose(grid, [1, 0, 2, 3])]
  const [last, ys] = scan(body, [start, dense(pool, choices, [k, k])] as Tensor[], xs, { reverse: choices.once(3) })
  return [...last, ...ys]
}

/** A value's use as a carry that is only added to, or nearly. */
function accumulator(choices: Choices, acc: Tensor, terms: readonly Tensor[]): Tensor {
  const term = choices.pick(terms)
  const kind = choices.integer(0, 7)
  if (kind === 0) return sub(acc, term)
  if (kind === 1) return add(mul(acc, 0.5), term)
  if (kind === 2) return add(add(acc, term), choices.pick(terms))
  return add(...either(choices, acc, term))
}

/** A recurrence as users write it: gates from products of inputs and state, sums over time, what is emitted. */
const recurrence: Step = (pool, choices) => {
  const [steps, b, h] = [
    choices.integer(choices.once(6) ? 0 : 1, 4),
    choices.pick([2, 1, 3]),
    choices.pick([2, 3, 1, 5]),
  ]
  const d = choices.pick([h, 2, 3])
  const gates = choices.integer(1, 3)
  const rows = choices.integer(1, 3)
  const looksUp = choices.integer(0, 3)
  const table = dense(pool, choices, [rows, d])
  const ids = indices(choices, rows, steps, b)
  const wide = looksUp === 0 ? take(table, ids) : dense(pool, choices, [steps, b, d])
  const xs = choices.once(3) ? tanh(wide) : wide
  const w = dense(pool, choices, [d, gates * h])
  const u = dense(pool, choices, [h, gates * h])
  const bias = dense(pool, choices, [gates * h])
  const late = dense(pool, choices, [h, h])
  const addends = tanh(dense(pool, choices, [steps, b, gates * h]))
  const order = choices.integer(0, 4)
  const body = ([state, summed, outer]: Tensor[], [x, id, given]: Tensor[]): [Tensor[], Tensor[]] => {
    const input = looksUp === 1 ? take(table, id) : x
    const [xw, hu] = [times(input, w), times(state, u)]
    const partial: Tensor[] = []
    const plus = (y: Tensor, z: Tensor): Tensor => {
      partial.push(add(y, z))
      return partial[partial.length - 1]
    }
    const pre = [
      () => plus(plus(xw, hu), bias),
      () => plus(plus(xw, bias), hu),
      () => plus(hu, plus(bias, xw)),
      () => plus(given, hu),
      () => plus(plus(hu, given), plus(xw, hu)),
    ][order]()
    const cut = split(
      pre,
      range(gates).map(() => h),
      1,
    )
    const activated = cut.map(part => choices.pick([tanh, sigmoid, sin])(part))
    let next = activated.reduce((x, y) => mul(x, y))
    if (gates > 1) next = add(mul(activated[0], state), mul(sub(1, activated[0]), activated[1]))
    if (choices.once(4))
      next = tanh(times(concat([next, choices.pick([state, activated[0]])], 1), concat([late, late], 0)))
    if (choices.once(6)) next = choices.pick([flip(next, 0), tanh(times(state, late))])
    const squares = [outerSum(state, next), outerSum(next, next), times(late, late), late]
    const sums = [state, next, times(next, late), scatterAdd(zeros([b, h]), indices(choices, b, b), next)]
    const carried = [next, accumulator(choices, summed, sums), accumulator(choices, outer, squares)]
    const emitted = [
      choices.pick(partial),
      times(next, late),
      hu,
      xw,
      tanh(input),
      sum(next, { axis: 0 }),
      summed,
      outer,
      next,
      state,
      given,
    ]
    return [carried, some(choices, [...emitted, carried[choices.integer(0, 2)]])]
  }
  const init = choices.once(2) ? zeros([b, h]) : dense(pool, choices, [b, h])
  const totals = [
    choices.once(2) ? zeros([b, h]) : dense(pool, choices, [b, h]),
    choices.once(2) ? zeros([h, h]) : dense(pool, choices, [h, h]),
  ]
  const [last, ys] = scan(body, [init, ...totals] as Tensor[], [xs, ids, addends], { reverse: choices.once(2) })
  return some(choices, [...ys, ...last].filter(isFloat)).concat(choices.once(4) ? [xs, addends] : [])
}

export const idioms: Record<string, Step> = {
  lookup,
  embeddingGradient,
  twins,
  sums,
  chain,
  turned,
  parts,
  addend,
  weights,
  recurrence,
}
