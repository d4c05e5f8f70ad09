// Types survive checkpoint, stopGradient and functions with rules; Jacobians are trees of trees.
import {
  add,
  checkpoint,
  customJvp,
  customVjp,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  matmul,
  mul,
  scan,
  stopGradient,
  sum,
  type Tensor,
  vmap,
} from 'heddle'
import { is } from './expect.js'

interface Dense {
  w: Tensor
  b?: Tensor
}
interface Output {
  y: Tensor
  pair: [Tensor, Dense]
}
declare const p: Dense
declare const x: Tensor

const dense = (q: Dense, input: Tensor): Tensor => matmul(input, q.w)

// The function's own type, parameters' names and all.
const less = checkpoint(dense)
is<(q: Dense, input: Tensor) => Tensor>()(less)
is<Dense>()(grad((q: Dense) => sum(checkpoint(dense)(q, x)))(p))
is<[Tensor, Tensor]>()(
  scan(
    checkpoint((h: Tensor, input: Tensor) => [add(h, input), h] as const),
    x,
    x,
  ),
)
is<Dense>()(stopGradient(p))
is<readonly [Tensor, 3]>()(stopGradient([x, 3] as const))

// Rules: what they are given and what they return follows from the function.
const custom = customJvp(dense, ([q, input], [dq, dInput]) => {
  is<Dense>()(q)
  is<Dense>()(dq)
  is<Tensor>()(input)
  return [dense(q, input), add(dense(dq, input), dense(q, dInput))]
})
is<(q: Dense, input: Tensor) => Tensor>()(custom)
const pulled = customVjp(
  dense,
  (q, input) => [dense(q, input), { q, input, extras: [input] }],
  ({ q, input, extras }, ct) => {
    is<Dense>()(q)
    is<Tensor[]>()(extras)
    is<Tensor>()(ct)
    return [{ w: matmul(input, ct) }, null]
  },
)
is<(q: Dense, input: Tensor) => Tensor>()(pulled)
const pair = customVjp(
  (a: Tensor) => [a, { y: a }] as [Tensor, { y: Tensor }],
  a => [[a, { y: a }], null],
  (none, [first, { y }]) => {
    is<null>()(none)
    return [mul(first, y)]
  },
)
is<(a: Tensor) => [Tensor, { y: Tensor }]>()(pair)
is<Dense>()(jit(vmap(grad(pulled), [null, 0]))(p, x))

// Jacobians: the tree of the results, in the place of each leaf that of the parameters.
is<Dense>()(jacfwd(dense)(p, x))
const rows = jacrev(dense)
is<(q: Dense, input: Tensor) => Dense>()(rows)
const output = (q: Dense): Output => ({ y: q.w, pair: [q.w, q] })
is<Dense>()(jacrev(output)(p).y)
is<[Dense, { w: Dense; b?: Dense }]>()(jacfwd(output)(p).pair)
is<Tensor>()(jacfwd((a: Tensor) => mul(a, a))(x))
is<[Tensor, Tensor]>()(jit(jacrev((a: Tensor) => [a, a] as [Tensor, Tensor]))(x))
is<Tensor>()(hessian((a: Tensor) => sum(a))(x))
is<Tensor>()(hessian((q: { w: Tensor; v: [Tensor, Tensor] }) => sum(q.w))({ w: x, v: [x, x] }).v[0].w)

// @ts-expect-error the rule returns a result and its tangent
customJvp(dense, ([q, input]) => dense(q, input))
// @ts-expect-error of the function's type
customJvp(dense, ([q], [dq]) => [q, dq])
// @ts-expect-error forward returns the result and residuals
customVjp(dense, dense, (_: Tensor, ct: Tensor) => [p, ct])
customVjp(
  dense,
  (q, input) => [dense(q, input), q],
  // @ts-expect-error a cotangent for each argument
  (q, _) => [q],
)
customVjp(
  dense,
  (q, input) => [dense(q, input), q],
  // @ts-expect-error of the arguments' types
  (_, ct) => [ct, ct],
)
// @ts-expect-error a function, not a tensor
checkpoint(x)
// @ts-expect-error the same arguments
hessian(dense)(p)
