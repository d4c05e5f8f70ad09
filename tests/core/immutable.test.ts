// Tensors are immutable values, and lists that a caller changes afterwards change nothing that was made of them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  arange,
  broadcastTo,
  full,
  jit,
  maxPool,
  ones,
  pad,
  random,
  reshape,
  slice,
  type Tensor,
  tensor,
  tile,
  transpose,
  zeros,
} from '../../ts/index.js'

const grid = reshape(arange(6), [2, 3])

/** A call with a list, the list, and what it becomes behind the caller's back. */
const calls: Record<string, [(list: number[]) => Tensor, list: number[], later: number[]]> = {
  reshape: [list => reshape(arange(6), list), [2, 3], [3, 2]],
  broadcastTo: [list => broadcastTo(ones([3]), list), [2, 3], [4, 3]],
  zeros: [list => zeros(list), [2, 3], [1, 4]],
  full: [list => full(list, 7), [2, 3], [1, 4]],
  slice: [list => slice(grid, [0, 0], list), [1, 2], [2, 2]],
  transpose: [list => transpose(grid, list), [1, 0], [0, 1]],
  tile: [list => tile(grid, list), [2, 1], [1, 2]],
  'random.uniform': [list => random.uniform(random.key(1), list), [2, 3], [3, 2]],
  maxPool: [list => maxPool(grid, list), [1, 2], [2, 1]],
  pad: [list => pad(grid, [[0, 0], list as [number, number]]), [1, 0], [0, 1]],
  tensor: [list => tensor([1, 2, 3, 4, 5, 6], { shape: list }), [2, 3], [3, 2]],
}

for (const [name, [call, first, later]] of Object.entries(calls)) {
  test(`${name} keeps no list of its caller, eager or compiled`, () => {
    for (const wrap of [(f: () => Tensor) => f, (f: () => Tensor) => jit(f)]) {
      const [before, after] = [call([...first]).toArray(), call([...later]).toArray()]
      const list = [...first]
      const own = (): Tensor => {
        const made = call(list)
        list.splice(0, 2, ...later)
        return made
      }
      const made = wrap(own)()
      assert.equal(made.toArray(), before)
      assert.equal(made.shape, call([...first]).shape)
      assert.equal(wrap(() => call(list))().toArray(), after)
      assert.equal(call([...first]).toArray(), before)
    }
  })
}

test('a shape cannot be changed, and the lists that were given can', () => {
  const given = [2, 2]
  for (const x of [zeros(given), add(ones(given), 1), tensor([[1, 2]]), jit((y: Tensor) => add(y, y))(ones(given))]) {
    const shape = x.shape as number[]
    assert.throws(() => shape.pop(), TypeError)
    assert.throws(() => shape.push(3), TypeError)
    assert.throws(() => {
      shape[0] = 9
    }, TypeError)
  }
  given.push(1)
  assert.equal(zeros([2, 2]).shape, [2, 2])
})

test('consoles show what a tensor is and what is in it', () => {
  const shown = (x: Tensor): string => (x as unknown as Record<symbol, () => string>)[inspect]()
  const inspect = Symbol.for('nodejs.util.inspect.custom')
  assert.is(
    shown(
      tensor([
        [1, 0.1],
        [Number.NaN, -2],
      ]),
    ),
    'Tensor float32[2, 2] [[1,0.1],[NaN,-2]]',
  )
  assert.is(shown(tensor(2147483647, { dtype: 'int32' })), 'Tensor int32[] 2147483647')
  assert.is(shown(tensor([true, false])), 'Tensor bool[2] [true,false]')
  assert.is(shown(zeros([2000])), 'Tensor float32[2000]')
  assert.is(shown(zeros([0, 3])), 'Tensor float32[0, 3] []')
  jit((x: Tensor) => {
    assert.is(shown(x), 'traced Tensor float32[2]')
    return x
  })(ones([2]))
})

test.run()
