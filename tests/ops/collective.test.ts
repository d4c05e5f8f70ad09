// What examples of a named vmap know of each other: against the same written over the batch.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  checkpoint,
  cond,
  customVjp,
  grad,
  greater,
  jit,
  jvp,
  mean,
  mul,
  pmean,
  psum,
  random,
  scan,
  square,
  stack,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  vmap,
} from '../../ts/index.js'
import { close } from '../close.js'

const named = { axisName: 'batch' }
const xs = random.normal(random.key(1), [5, 3])
const centre = (x: Tensor) => tanh(mul(x, sub(x, pmean(x, 'batch'))))
const overBatch = (x: Tensor) => tanh(mul(x, sub(x, mean(x, { axis: 0, keepDims: true }))))
const centred = vmap(centre, [0], 0, named)

test('psum and pmean are reductions over the named axis, eager and compiled, wherever it stands', () => {
  for (const f of [centred, jit(centred)]) close(f(xs), overBatch(xs).toArray(), 1e-6)
  const columns = vmap((x: Tensor) => psum(x, 'batch'), [1], null, named)
  close(columns(xs), sum(xs, { axis: 1 }).toArray(), 1e-6)
})

test('what all examples share leaves without the axis; what they do not is refused', () => {
  const f = (x: Tensor): [Tensor, Tensor] => [pmean(x, 'batch'), x]
  const [shared, each] = vmap(f, [0], [null, 0], named)(xs)
  assert.equal([shared.shape, each.shape], [[3], [5, 3]])
  assert.throws(() => vmap(f, [0], null, named)(xs), /vmap: outAxes is null for a result that is not the same/)
})

test('sums of what is the same for all count it once for each example; integers and booleans stay exact', () => {
  const count = vmap((x: Tensor) => add(psum(1, 'batch'), mul(0, x)), [0], 0, named)
  assert.equal(count(tensor([3, 4, 5])).toArray(), [3, 3, 3])
  const total = vmap((x: Tensor) => psum(x, 'batch'), [0], null, named)
  assert.is(total(tensor([2 ** 30, 1 - 2 ** 30, 5], { dtype: 'int32' })).item(), 6)
  assert.is(total(tensor([true, false, true])).item(), 2)
})

test('derivatives go through all examples, in both modes and twice', () => {
  const [loss, plain] = [centred, overBatch].map(f => (x: Tensor) => sum(mul(f(x), x)))
  close(grad(loss)(xs), grad(plain)(xs).toArray(), 1e-5)
  close(jvp(loss, [xs], [square(xs)])[1], jvp(plain, [xs], [square(xs)])[1].toArray(), 1e-5)
  const twice = (f: (x: Tensor) => Tensor) => grad((x: Tensor) => sum(square(grad(f)(x))))(xs)
  close(twice(loss), twice(plain).toArray(), 1e-4)
})

test('a gradient within the vmap is that of the losses of all examples', () => {
  const inside = vmap(
    (x: Tensor) => grad((own: Tensor) => sum(square(sub(own, pmean(own, 'batch')))))(x),
    [0],
    0,
    named,
  )
  const outside = grad((x: Tensor) => sum(square(sub(x, mean(x, { axis: 0, keepDims: true })))))
  close(inside(xs), outside(xs).toArray(), 1e-5)
})

test('inner vmaps with other names, or none, let it pass; the innermost of one name gets it', () => {
  const table = random.normal(random.key(2), [4, 5, 3])
  const rows = (x: Tensor) => vmap((row: Tensor) => sub(row, pmean(row, 'batch')))(x)
  const whole = sub(table, mean(table, { axis: 0, keepDims: true }))
  close(vmap(rows, [0], 0, named)(table), whole.toArray(), 1e-6)
  const both = (x: Tensor) =>
    vmap((row: Tensor) => sub(pmean(row, 'batch'), pmean(row, 'rows')), [0], 0, { axisName: 'rows' })(x)
  const [examples, lines] = [0, 1].map(axis => mean(table, { axis, keepDims: true }))
  close(vmap(both, [0], 0, named)(table), sub(examples, lines).toArray(), 1e-6)
  const inner = vmap((row: Tensor) => pmean(row, 'batch'), [0], null, named)
  close(vmap(inner, [0], 0, named)(table), mean(table, { axis: 1 }).toArray(), 1e-6)
})

test('within control flow', () => {
  const steps = (x: Tensor) => scan((c: Tensor, y: Tensor) => [add(c, pmean(mul(y, c), 'batch')), c], x, stack([x, x]))
  const [last] = vmap(steps, [0], 0, named)(xs)
  const once = add(xs, mean(square(xs), { axis: 0, keepDims: true }))
  close(last, add(once, mean(mul(xs, once), { axis: 0, keepDims: true })).toArray(), 1e-5)
  const branch = (x: Tensor) =>
    cond(
      greater(sum(x), 0),
      () => psum(x, 'batch'),
      () => x,
    )
  const total = sum(xs, { axis: 0 })
  close(
    vmap(branch, [0], 0, named)(xs),
    vmap((x: Tensor) => {
      const positive = greater(sum(x), 0)
      return cond(
        positive,
        () => total,
        () => x,
      )
    })(xs).toArray(),
    1e-5,
  )
})

test('within checkpoints and functions with rules of their own, forwards and backwards', () => {
  const kept = vmap(checkpoint(centre), [0], 0, named)
  close(
    grad((x: Tensor) => sum(square(kept(x))))(xs),
    grad((x: Tensor) => sum(square(overBatch(x))))(xs).toArray(),
    1e-5,
  )
  const total = customVjp(
    (x: Tensor) => psum(x, 'batch'),
    x => [psum(mul(2, x), 'batch'), x],
    (x, ct) => [mul(x, psum(ct, 'batch'))],
  )
  const f = (x: Tensor) => sum(mul(x, vmap((own: Tensor) => total(own), [0], 0, named)(stopGradient(x))))
  const ruled = (x: Tensor) => sum(vmap((own: Tensor) => total(own), [0], 0, named)(x))
  close(f(xs), sum(square(sum(xs, { axis: 0 }))).item(), 1e-4)
  close(grad(ruled)(xs), mul(5, xs).toArray(), 1e-5)
})

test('within programs that read nothing of the examples', () => {
  const three = tensor(3)
  const steps = () => scan((c: Tensor, y: Tensor) => [add(c, psum(y, 'batch')), c], three, tensor([1, 2]))[0]
  const total = customVjp(
    (x: Tensor) => psum(x, 'batch'),
    x => [psum(x, 'batch'), x],
    (x, ct) => [mul(x, ct)],
  )
  const kept = checkpoint((x: Tensor) => psum(x, 'batch'))
  const chosen = () =>
    cond(
      greater(three, 2),
      () => psum(three, 'batch'),
      () => three,
    )
  const f = (x: Tensor) => [steps(), total(three), kept(three), chosen()].map(own => add(x, own))
  const expected = [18, 15, 15, 15].map(own => [0, 1, 2, 3, 4].map(x => x + own))
  for (const run of [vmap(f, [0], 0, named), jit(vmap(f, [0], 0, named))]) {
    assert.equal(
      run(tensor([0, 1, 2, 3, 4])).map(x => x.toArray()),
      expected,
    )
  }
})

test('a jitted function that was traced for one batch serves another', () => {
  const own = jit((x: Tensor) => pmean(x, 'batch'))
  const f = vmap((x: Tensor) => own(x), [0], null, named)
  assert.is(f(tensor([1, 3])).item(), 2)
  assert.is(f(tensor([1, 3, 8])).item(), 4)
})

test('a name that no vmap around has is refused, also when a vmap with it is over', () => {
  assert.throws(() => pmean(xs, 'batch'), /pmean: no vmap around names its axis "batch"/)
  assert.throws(() => vmap((x: Tensor) => psum(x, 'other'), [0], 0, named)(xs), /psum: no vmap .* "other"/)
  assert.throws(() => vmap(centre)(xs), /pmean: no vmap/)
  assert.throws(() => psum(xs, 3 as never), /psum: the name of an axis is a string, not 3/)
})

test.run()
