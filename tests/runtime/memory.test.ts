// Memory without ownership: what moves out and back, what a failed allocation leaves behind. What donation consumes:
// tests/runtime/donation.test.ts.
// No test relies on when the garbage collector runs.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  full,
  jit,
  memory,
  mul,
  ones,
  reshape,
  setMemoryLimit,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../ts/index.js'
import { type Core, core } from '../../ts/runtime/core.js'
import { mulberry32 } from '../mulberry32.js'

const MIB = 2 ** 20
const DEFAULT = memory().limit

/** Runs `body` under another limit. */
function withLimit(bytes: number, body: () => void): void {
  setMemoryLimit(bytes)
  try {
    body()
  } finally {
    setMemoryLimit(DEFAULT)
  }
}

/** Runs `body` while the core cannot allocate what `isRefused` names. */
function whileRefusing(isRefused: (bytes: number) => boolean, body: () => void): void {
  const exports = core() as Core
  const { allocate } = exports
  exports.allocate = bytes => (isRefused(bytes) ? 0 : allocate(bytes))
  try {
    body()
  } finally {
    exports.allocate = allocate
  }
}

const first = (x: Tensor): number => x.data()[0]

test('resident bytes stay below the limit in a loop that never yields, and what is kept stays right', () => {
  withLimit(4 * MIB, () => {
    const one = ones([256])
    const kept: Tensor[] = []
    let highest = 0
    for (let i = 0; i < 20000; i++) {
      const x = add(one, i)
      if (i % 100 === 0) kept.push(x)
      if (i % 50 === 0) highest = Math.max(highest, memory().resident)
    }
    assert.ok(highest <= 4 * MIB, `resident ${highest}`)
    kept.forEach((x, i) => {
      assert.equal([...x.data()], new Array(256).fill(i * 100 + 1))
    })
  })
})

test('tensors that a job forgets take a megabyte, those that it uses again and again stay', () => {
  withLimit(64 * MIB, () => {
    const values = new Float32Array(2048)
    for (let i = 0; i < 1000; i++) tensor(values)
    assert.ok(memory().resident <= MIB, `resident ${memory().resident}`)

    const used = Array.from({ length: 400 }, () => tensor(values))
    const movedIn = (): number => {
      const before = memory().restored
      for (const x of used) add(x, 1).dispose()
      return memory().restored - before
    }
    assert.ok(movedIn() > 0)
    for (let i = 0; i < 5; i++) movedIn()
    assert.is(movedIn(), 0)
  })
})

test('large tensors move out and come back when they are used again', () => {
  withLimit(4 * MIB, () => {
    const before = memory()
    const kept = Array.from({ length: 12 }, (_, i) => full([MIB / 4], i))
    assert.ok(memory().resident <= 4 * MIB)
    assert.ok(memory().spilled - before.spilled >= 8 * MIB)
    kept.forEach((x, i) => {
      assert.is(sum(x).item(), (i * MIB) / 4)
    })
    assert.ok(memory().restored > before.restored)
  })
})

test('a tensor that moved out is read without coming back', () => {
  withLimit(MIB, () => {
    const x = full([1000], 7)
    for (let i = 0; i < 8; i++) full([MIB / 8], i)
    const { restored, spilled } = memory()
    assert.ok(spilled > 0)
    assert.equal([...x.data()], new Array(1000).fill(7))
    assert.is(memory().restored, restored)
  })
})

test('the operands of a call stay, even where they alone pass the limit', () => {
  withLimit(MIB / 4, () => {
    const xs = Array.from({ length: 4 }, (_, i) => full([MIB / 8], i + 1))
    const total = jit((...values: Tensor[]) => values.reduce((x, y) => add(x, y)))(...xs)
    assert.equal([...total.data()], new Array(MIB / 8).fill(10))
    assert.is(first(xs[3]), 4)
  })
})

test('a lower limit holds at once', () => {
  const x = full([MIB], 3)
  assert.ok(memory().resident >= 4 * MIB)
  withLimit(MIB, () => {
    assert.ok(memory().resident <= MIB)
    assert.is(first(x), 3)
  })
})

test('small tensors that move out together come back one by one', () => {
  withLimit(64 * 1024, () => {
    const kept = Array.from({ length: 500 }, (_, i) => tensor([i, i + 1, i + 2].slice(0, (i % 3) + 1)))
    for (let i = 499; i >= 0; i -= 7) assert.is(first(mul(kept[i], 2)), 2 * i)
    kept.forEach((x, i) => {
      assert.equal([...x.data()], [i, i + 1, i + 2].slice(0, (i % 3) + 1))
    })
  })
})

test('more memory than there is: the message says how much and what the limit is, and every tensor is as it was', () => {
  const x = full([300], 5)
  const { resident } = memory()
  for (const [name, attempt] of [
    ['broadcast', () => zeros([65536, 65536])],
    ['broadcast', () => add(zeros([2 ** 31]), 1)],
    ['compiled', () => jit((y: Tensor) => sum(mul(reshape(y, [300, 1]), ones([1, 2 ** 30]))))(x)],
  ] as const) {
    assert.throws(
      attempt,
      (error: Error) =>
        error instanceof RangeError &&
        error.message.includes(name) &&
        error.message.includes('out of memory') &&
        error.message.includes('4.0 GiB') &&
        error.message.includes('every live tensor is intact'),
      name,
    )
  }
  assert.ok(memory().resident <= resident + 1024)
  assert.equal([...x.data()], new Array(300).fill(5))
})

test('running out of memory among the results of a donated call leaks nothing and donates nothing', () => {
  const step = jit((x: Tensor) => [add(x, 1), mul(x, 2), add(x, 3)] as const, { donate: [0] })
  step(full([5000], 1))
  const x = full([5000], 4)
  const other = full([5000], 9)
  const { resident } = memory()
  let left = 1
  whileRefusing(
    bytes => bytes === 20000 && left-- <= 0,
    () => assert.throws(() => step(x), /a compiled function: out of memory: 20000 bytes \(19\.5 KiB\) were asked for/),
  )
  assert.ok(memory().resident <= resident)
  assert.is(first(x), 4)
  assert.is(first(other), 9)
  const [a, b, c] = step(x)
  assert.equal([first(a), first(b), first(c)], [5, 8, 7])
  assert.throws(() => x.data(), /donated/)
})

test('when no free place is large enough alone, tensors move out of the way', () => {
  const held = Array.from({ length: 64 }, (_, i) => full([5000], i))
  const keep = held.filter((_, i) => i % 2 === 0)
  held.forEach((x, i) => {
    if (i % 2 === 1) x.dispose()
  })
  // Refused until something other than the operands of the call has moved out.
  const { spilled } = memory()
  whileRefusing(
    bytes => bytes === 400000 && memory().spilled === spilled,
    () => assert.is(first(full([100000], 2)), 2),
  )
  assert.ok(memory().spilled > spilled)
  keep.forEach((x, i) => {
    assert.is(first(add(x, 1)), 2 * i + 1)
  })
})

test('even the operands of the call move where only that makes room', () => {
  const x = full([50000], 1)
  const y = full([50000], 2)
  let refusals = 0
  whileRefusing(
    bytes => bytes === 200000 && refusals++ < 3,
    () => assert.equal([...add(x, y).data().subarray(0, 2)], [3, 3]),
  )
  assert.ok(refusals > 3)
  assert.equal([first(x), first(y)], [1, 2])
})

test('programs and the arena give way and are made anew', () => {
  const f = jit((x: Tensor) => sum(mul(add(x, 1), reshape(x, [1, 1000]))))
  const x = ones([1000, 1])
  const value = f(x).item()
  const { programs } = memory()
  let refusals = 0
  whileRefusing(
    bytes => bytes === 123456 && refusals++ < 1000,
    () => assert.throws(() => zeros([123456 / 4]), /out of memory/),
  )
  assert.ok(memory().programs < programs)
  assert.is(f(x).item(), value)
})

test('the arena gives up what the running program does not need, and the program still has its own', () => {
  const chain = (x: Tensor) => {
    const y = sum(mul(reshape(x, [1, x.size]), reshape(x, [x.size, 1])), { axis: 0 })
    return add(y, sum(mul(reshape(y, [1, x.size]), reshape(x, [x.size, 1])), { axis: 1 }))
  }
  const f = jit(chain)
  const x = full([30], 2)
  const value = f(x).toArray()
  const { peakBytes } = f.compile(x)
  f(full([900], 1))
  const { arena } = memory()
  assert.ok(peakBytes > 0 && arena > 4 * peakBytes, `${peakBytes} ${arena}`)
  // The result is 120 bytes: taken from a slab. A result of 30 x 30 is asked of the core.
  const g = jit((y: Tensor) => [f(y), mul(ones([30, 30]), 3)] as const)
  g(x)
  const own = g.compile(x).peakBytes
  f(full([900], 1))
  let result: readonly Tensor[] = []
  whileRefusing(
    bytes => bytes === 3600 && memory().arena === arena,
    () => {
      result = g(x)
    },
  )
  assert.equal(result[0].toArray(), value)
  assert.ok(memory().arena < arena && memory().arena >= own, `${memory().arena} ${own}`)
})

test('whatever allocations fail, and in whatever order things move, every live tensor has its value', () => {
  const random = mulberry32(7)
  const pick = (n: number): number => Math.floor(random() * n)
  const sizes = [3, 70, 500, 5000, 40000]
  const bump = jit((x: Tensor) => add(x, 1), { donate: [0] })
  const twice = jit((x: Tensor) => {
    const y = mul(reshape(x, [1, x.size]), reshape(full([4], 2), [4, 1]))
    return [sum(y, { axis: 0 }), add(x, 2)] as const
  })
  let live: { x: Tensor; value: number; size: number }[] = []
  const holds = ({ x, value, size }: (typeof live)[number]): boolean =>
    x.size === size && x.data().every(element => element === value)
  const moves = [
    (size: number) => {
      const value = pick(9)
      live.push({ x: full([size], value), value, size })
    },
    (size: number) => {
      const same = live.filter(entry => entry.size === size)
      if (same.length === 0) return
      const [a, b] = [same[pick(same.length)], same[pick(same.length)]]
      live.push({ x: add(a.x, b.x), value: a.value + b.value, size })
    },
    () => {
      const entry = live[pick(live.length)]
      const x = bump(entry.x)
      live[live.indexOf(entry)] = { x, value: entry.value + 1, size: entry.size }
    },
    () => {
      const entry = live[pick(live.length)]
      const [eightfold, plus] = twice(entry.x)
      live.push(
        { x: eightfold, value: entry.value * 8, size: entry.size },
        { ...entry, x: plus, value: entry.value + 2 },
      )
    },
    () => live.splice(pick(live.length), 1),
    () => setMemoryLimit([2 ** 14, 2 ** 18, 2 ** 22][pick(3)]),
  ]
  let failed = 0
  let refused = 0
  live.push({ x: full([3], 1), value: 1, size: 3 })
  withLimit(MIB, () => {
    for (let i = 0; i < 3000; i++) {
      const isScarce = i % 3 === 0
      whileRefusing(
        () => {
          const isRefused = isScarce && random() < 0.7
          if (isRefused) refused++
          return isRefused
        },
        () => {
          try {
            moves[pick(moves.length)](sizes[pick(sizes.length)])
          } catch (error) {
            assert.match((error as Error).message, /out of memory/)
            failed++
          }
        },
      )
      if (live.length === 0) live.push({ x: full([3], 1), value: 1, size: 3 })
      live = live.filter(({ value }) => value < 2 ** 20)
      if (live.length > 60) live.splice(0, 20)
      if (i % 50 === 0) for (const entry of live) assert.ok(holds(entry), `move ${i}`)
    }
  })
  for (const entry of live) assert.ok(holds(entry))
  assert.ok(failed > 10 && refused > 100, `${failed} failed, ${refused} refused`)
})

test('the planned peak is known before the run', () => {
  const f = jit((x: Tensor) => sum(mul(add(x, 1), reshape(x, [1, 1000]))))
  const { peakBytes } = f.compile(ones([1000, 1]))
  f(ones([1000, 1]))
  assert.ok(peakBytes > 0 && memory().arena >= peakBytes)
})

test('compiled programs are bounded: 3000 signatures do not stay loaded', () => {
  for (let i = 1; i <= 3000; i++) add(ones([i % 50, 1 + Math.floor(i / 50)]), 1)
  const { programs } = memory()
  assert.ok(programs < 4 * MIB, `programs ${programs}`)
  assert.is(sum(add(ones([7, 7]), 1)).item(), 98)
})

test('a donated tensor that moved out is brought back first', () => {
  withLimit(MIB, () => {
    const bump = jit((x: Tensor) => add(x, 1), { donate: [0] })
    const x = full([MIB / 8], 1)
    for (let i = 0; i < 4; i++) full([MIB / 8], i)
    assert.is(first(bump(x)), 2)
    assert.throws(() => x.item(), /tensor/)
    assert.throws(() => x.data(), /donated/)
  })
})

test('dispose and using free at once; later use throws', () => {
  const x = full([MIB / 4], 1)
  const { resident } = memory()
  x.dispose()
  x.dispose()
  assert.is(memory().resident, resident - MIB)
  assert.throws(() => add(x, 1), /dispose/)
  assert.throws(() => x.data(), /dispose/)
  if (typeof Symbol.dispose === 'symbol') {
    const y = full([MIB / 4], 1)
    y[Symbol.dispose]()
    assert.throws(() => y.data(), /dispose/)
  }
})

test('a limit is a positive number', () => {
  for (const bad of [0, -1, Number.NaN, '64' as unknown as number])
    assert.throws(() => setMemoryLimit(bad), /setMemoryLimit: a limit is a positive number of bytes/)
  assert.is(memory().limit, DEFAULT)
})

test.run()
