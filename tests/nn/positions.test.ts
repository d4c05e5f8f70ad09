// Positions: tables by their formula in float64, and that turned products know distances alone. PyTorch's vectors go through
// them too: tests/conformance/torch-attention.ts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { arange, jit, matmul, random, slice, type Tensor, tensor, transpose, vmap, zeros } from '../../ts/index.js'
import { learnedPositions, type Positions, rotary, sinusoidal, sinusoidalPositions } from '../../ts/nn/index.js'
import { close } from '../close.js'

const layouts = ['interleaved', 'halves'] as const
const angle = (p: number, k: number, size: number, base = 10000) => p / base ** ((2 * k) / size)

for (const layout of layouts) {
  test(`sinusoidal, ${layout}: sines and cosines of slower and slower angles`, () => {
    const [length, size] = [7, 6]
    const table = sinusoidal(arange(length), size, { layout, base: 100 })
    assert.equal(table.shape, [length, size])
    const place = (k: number) => (layout === 'halves' ? [k, k + size / 2] : [2 * k, 2 * k + 1])
    const rows = table.toArray() as number[][]
    for (let p = 0; p < length; p++) {
      for (let k = 0; k < size / 2; k++) {
        const [s, c] = place(k)
        close(
          tensor([rows[p][s], rows[p][c]]),
          [Math.sin(angle(p, k, size, 100)), Math.cos(angle(p, k, size, 100))],
          1e-5,
        )
      }
    }
  })

  test(`rotary, ${layout}: pairs are turned by their place's angles`, () => {
    const x = random.normal(random.key(1), [5, 4])
    const turned = rotary(x, arange(5), { layout }).toArray() as number[][]
    const rows = x.toArray() as number[][]
    const pairs =
      layout === 'halves'
        ? [
            [0, 2],
            [1, 3],
          ]
        : [
            [0, 1],
            [2, 3],
          ]
    rows.forEach((row, p) => {
      pairs.forEach(([i, j], k) => {
        const [c, s] = [Math.cos(angle(p, k, 4)), Math.sin(angle(p, k, 4))]
        close(tensor([turned[p][i], turned[p][j]]), [row[i] * c - row[j] * s, row[j] * c + row[i] * s], 1e-5)
      })
    })
  })

  test(`rotary, ${layout}: products depend on distances alone`, () => {
    const [q, k] = random.split(random.key(2)).map(key => random.normal(key, [3, 8]))
    const at = (first: number) => {
      const places = arange(first, first + 3)
      return matmul(rotary(q, places, { layout }), transpose(rotary(k, places, { layout })))
    }
    close(at(40), at(0).toArray(), 2e-5)
  })
}

test('rotary: one vector at one place, and a sequence from place 0', () => {
  const x = random.normal(random.key(3), [6, 4])
  const all = rotary(x)
  const one = vmap((row: Tensor, p: Tensor) => rotary(row, p))(x, arange(6))
  assert.equal(one.toArray(), all.toArray())
})

for (const [name, layer] of Object.entries({
  sinusoidal: sinusoidalPositions(),
  'sinusoidal in halves': sinusoidalPositions({ layout: 'halves' }),
  learned: learnedPositions(9),
}) as [string, Positions][]) {
  test(`${name} positions: a vector at its place is as in the sequence, in shorter ones too`, () => {
    const x = random.normal(random.key(4), [9, 4])
    const params = layer.init(random.key(5), x)
    const whole = layer.apply(params, x)
    assert.equal(layer.apply(params, slice(x, [0], [3])).toArray(), slice(whole, [0], [3]).toArray())
    const one = jit(vmap((row: Tensor, p: Tensor) => layer.at(params, row, p)))(x, arange(9))
    close(one, whole.toArray(), 1e-6)
    assert.not.equal(whole.toArray(), x.toArray())
  })
}

test('learned positions: beyond the table a vector is NaN, not that of the last place', () => {
  const layer = learnedPositions(2)
  const params = layer.init(random.key(5), zeros([2, 3]))
  const vectors = vmap((p: Tensor) => layer.at(params, zeros([3]), p))(arange(3)).toArray() as number[][]
  assert.equal(vectors.slice(0, 2), params.w.toArray())
  assert.ok(vectors[2].every(Number.isNaN))
})

test('mistakes are told', () => {
  assert.throws(() => sinusoidal(arange(3), 5), /^sinusoidal: size is even, .* not 5|sinusoidal: size is even/)
  assert.throws(
    () => sinusoidal(arange(3), 4, { layout: 'halfs' as 'halves' }),
    /layout is 'interleaved' or 'halves', not "halfs"/,
  )
  assert.throws(() => sinusoidal(arange(3), 4, { base: 0 }), /base is a positive number, not 0/)
  assert.throws(() => rotary(zeros([3, 5])), /rotary: size is even/)
  assert.throws(() => rotary(zeros([3, 4]), arange(2)), /rotary: positions \[2\] are not those of vectors \[3, 4\]/)
  assert.throws(() => rotary([1, 2] as never), /rotary: the argument is an array, not a tensor/)
  assert.throws(() => rotary(zeros([4])), /rotary: one sequence \[T, D\] is expected, not \[4\]/)
  assert.throws(() => rotary(zeros([1, 4]), [0] as never), /rotary: positions is an array, not a tensor/)
  assert.throws(() => learnedPositions(0), /learnedPositions: length is a positive integer, not 0/)
  const layer = learnedPositions(4)
  const params = layer.init(random.key(0), zeros([4, 2]))
  assert.throws(() => layer.apply(params, zeros([5, 2])), /learnedPositions: the sequence has 5 steps, more than 4/)
  assert.throws(
    () => sinusoidalPositions().apply(null, zeros([4])),
    /sinusoidalPositions: one sequence \[T, D\] is expected/,
  )
})

test.run()
