// What donation consumes: a donated tensor is gone, for the user, the runtime and the collector, and its memory is the result.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, full, jit, memory, type Tensor } from '../../ts/index.js'

const MIB = 2 ** 20
const first = (x: Tensor): number => x.data()[0]

test('a donated tensor is used no more, not even by the runtime; its memory is the result', () => {
  const bump = jit((x: Tensor) => add(x, 1), { donate: [0] })
  let x = full([MIB / 4], 0)
  const { resident } = memory()
  for (let i = 0; i < 20; i++) x = bump(x)
  assert.ok(memory().resident <= resident + 1024)
  assert.is(first(x), 20)
  const old = x
  x = bump(x)
  assert.throws(() => add(old, 1), /donated/)
  assert.throws(() => old.toArray(), /donated/)
  assert.throws(
    () => jit((a: Tensor, b: Tensor) => add(a, b), { donate: [0] })(x, x),
    /donated and passed a second time/,
  )
  assert.is(first(x), 21)
})

test("the collector is told that a donated tensor's memory is another one's now", () => {
  const { register, unregister } = FinalizationRegistry.prototype
  const watched = new Map<unknown, unknown[]>()
  FinalizationRegistry.prototype.register = function (target, held, token) {
    watched.set(token, [...(watched.get(token) ?? []), target])
    register.call(this, target, held, token!)
  }
  FinalizationRegistry.prototype.unregister = function (token) {
    watched.delete(token)
    return unregister.call(this, token)
  }
  try {
    const bump = jit((x: Tensor) => [add(x, 1), x], { donate: [0] })
    let [x, same] = bump(full([256], 0))
    for (let i = 0; i < 5; i++) {
      same.dispose()
      ;[x, same] = bump(x)
    }
    assert.is(first(x), 6)
    assert.is(first(same), 5)
    const owners = [...watched.values()]
    assert.ok(owners.every(({ length }) => length === 1))
    assert.is(owners.length, 2)
    assert.ok(owners.flat().includes(x) && owners.flat().includes(same))
  } finally {
    Object.assign(FinalizationRegistry.prototype, { register, unregister })
  }
})

test.run()
