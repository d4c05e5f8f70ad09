// Trees keep their static types through every transform: interfaces, tuples, optional fields, nested transforms.
import {
  add,
  cond,
  debug,
  grad,
  jit,
  jvp,
  linearize,
  makeProgram,
  matmul,
  mean,
  mul,
  scan,
  sum,
  switchCase,
  type Tensor,
  tensor,
  treeMap,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
  zeros,
} from 'heddle'
import { is } from './expect.js'

interface Dense {
  w: Tensor
  b: Tensor
}
interface Model {
  layers: [Dense, Dense]
  readonly scales: readonly Tensor[]
  bias?: Tensor
  norm: { gain: Tensor } | null
}
/** Fields of a union, as options make them. */
type Cell = { kind: 'plain'; w: Tensor } | { kind: 'gated'; w: Tensor; gate: Tensor }

declare const model: Model
declare const cell: { w: Tensor; gate?: Tensor }
declare const x: Tensor

const dense = ({ w, b }: Dense, input: Tensor): Tensor => add(matmul(input, w), b)
const predict = (p: Model, input: Tensor): Tensor => dense(p.layers[1], dense(p.layers[0], input))
const loss = (p: Model, input: Tensor, target: Tensor): Tensor => mean(mul(predict(p, input), target))

// grad and valueAndGrad: the gradient is of the type of the first argument.
const gradient = grad(loss)
is<(params: Model, input: Tensor, target: Tensor) => Model>()(gradient)
is<Model>()(grad(loss)(model, x, x))
const both = valueAndGrad(loss)
is<(params: Model, input: Tensor, target: Tensor) => [Tensor, Model]>()(both)
is<Tensor>()(grad((p: Tensor) => sum(p))(x))
is<readonly [Tensor, Dense]>()(grad((p: readonly [Tensor, Dense]) => sum(p[0]))([x, { w: x, b: x }]))
const [[value, extra], ofFirst] = valueAndGrad((p: Model) => [sum(p.layers[0].w), { hidden: x }] as const, {
  hasAux: true,
})(model)
is<Tensor>()(value)
is<{ readonly hidden: Tensor }>()(extra)
is<Model>()(ofFirst)
is<Tensor | undefined>()(grad(loss)(model, x, x).bias)

// vjp, jvp, linearize.
const [outputs, pull] = vjp((p: Dense, input: Tensor) => [dense(p, input), p] as [Tensor, Dense], model.layers[0], x)
is<[Tensor, Dense]>()(outputs)
is<[p: Dense, input: Tensor]>()(pull(outputs))
is<[Tensor, Tensor]>()(jvp(dense, [model.layers[0], x], [model.layers[0], x]))
const [primal, push] = linearize(dense, model.layers[0], x)
is<Tensor>()(primal)
is<Tensor>()(push(model.layers[0], x))

// jit keeps the function's type, and has `compile`.
const step = jit((p: Model, rate: number, name: 'adam' | 'sgd') => ({ p, rate: x }), { donate: [0], static: [2] })
is<{ p: Model; rate: Tensor }>()(step(model, 0.1, 'adam'))
is<number>()(step.compile(model, 0.1, 'sgd').instructions)

// vmap: a function of one example keeps its type.
const shared = vmap(dense, [null, 0])
is<(p: Dense, input: Tensor) => Tensor>()(shared)
const mixed = vmap(dense, [{ w: null, b: 0 }, 0], 1)
is<(p: Dense, input: Tensor) => Tensor>()(mixed)
is<{ left: Tensor; right: [Tensor] }>()(vmap((a: Tensor) => ({ left: a, right: [a] as [Tensor] }))(x))

// scan: carry and outputs are inferred from init and from what the function returns.
const [carry, ys] = scan(
  ({ h, c }, input) => [
    { h: add(h, input.value), c },
    { out: h, pair: [c, c] as [Tensor, Tensor] },
  ],
  { h: x, c: x },
  { value: x },
)
is<{ h: Tensor; c: Tensor }>()(carry)
is<{ out: Tensor; pair: [Tensor, Tensor] }>()(ys)
is<[Tensor, null]>()(scan((total, input) => [add(total, input), null], zeros([]), x))
is<[Dense, Tensor]>()(scan((p: Dense, input: Tensor) => [p, dense(p, input)], model.layers[0], x))
is<[Tensor, Tensor]>()(scan((h: Tensor) => [h, h], x, null, { length: 3, reverse: true }))

is<[Tensor, Tensor]>()(scan((h: Tensor, input: Tensor) => [h, input], x, x, { lengths: x }))
is<[Tensor, Tensor]>()(scan((h: Tensor, input: Tensor) => [h, input], x, x, { lengths: 2 }))

// cond, switchCase, whileLoop, debug.print: the types of branches, carries and values go through.
is<Dense>()(
  cond(
    x,
    p => p,
    p => ({ w: p.b, b: p.w }),
    model.layers[0],
  ),
)
is<{ h: Tensor }>()(
  cond(
    true,
    (a: Tensor, b: Tensor) => ({ h: add(a, b) }),
    (a: Tensor) => ({ h: a }),
    x,
    x,
  ),
)
is<Tensor>()(switchCase(x, [a => a, a => add(a, 1)], x))
is<[Tensor, Dense]>()(
  whileLoop(
    ([n]) => sum(n),
    ([n, p]) => [add(n, 1), p],
    [x, model.layers[0]] as [Tensor, Dense],
  ),
)
is<Dense>()(debug.print('p', model.layers[0]))
is<Tensor>()(debug.print('x', x))

// Transforms of transforms.
const perExample = vmap(grad(loss), [null, 0, 0])
is<(params: Model, input: Tensor, target: Tensor) => Model>()(perExample)
is<Model>()(jit(vmap(grad(loss), [null, 0, 0]))(model, x, x))
is<Tensor>()(grad((p: Tensor) => sum(grad((q: Tensor) => sum(mul(q, q)))(p)))(x))
const rnn = (p: Dense, inputs: Tensor): Tensor =>
  scan((h: Tensor, input: Tensor) => [dense(p, add(h, input)), h], zeros([4]), inputs)[1]
const trainable = valueAndGrad((p: Dense, inputs: Tensor) => mean(vmap(rnn, [null, 0])(p, inputs)))
is<(params: Dense, inputs: Tensor) => [Tensor, Dense]>()(trainable)

// Generic callers: a library above heddle passes its own type parameters through.
function train<P, Batch>(lossOf: (params: P, batch: Batch) => Tensor, params: P, batch: Batch): [Tensor, P] {
  const [error, gradients] = jit(valueAndGrad(lossOf))(params, batch)
  return [error, treeMap((p, g) => add(p, g), params, gradients)]
}
is<[Tensor, Model]>()(train((p: Model, batch: [Tensor, Tensor]) => loss(p, ...batch), model, [x, x]))
is<[Tensor, Cell]>()(train((p: Cell, batch: Tensor) => mul(p.w, batch), { kind: 'plain', w: x } as Cell, x))
is<{ w: Tensor; gate?: Tensor }>()(grad((p: { w: Tensor; gate?: Tensor }) => sum(p.w))(cell))

// makeProgram prints.
is<string>()(String(makeProgram(dense)(model.layers[0], x)))
is<Tensor>()(
  tensor([
    [1, 2],
    [3, 4],
  ]),
)
