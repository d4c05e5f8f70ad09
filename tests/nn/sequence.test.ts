// Small layers and functions around sequences.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { flatten, random, reshape, slice, type Tensor, tensor, zeros } from '../../ts/index.js'
import { chain, dense, maxNorm, repeatVector, timeDistributed } from '../../ts/nn/index.js'
import { close } from '../close.js'

const key = random.key(11)

test('repeatVector and timeDistributed', () => {
  assert.equal(repeatVector(3)(tensor([1, 2])).toArray(), [
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  assert.throws(() => repeatVector(0), /repeatVector: steps/)
  const clip = random.normal(key, [3, 2, 4])
  const flat = timeDistributed(chain((x: Tensor) => flatten(x), dense(2)))
  const params = flat.init(key, clip)
  assert.equal(params[1]!.w.shape, [8, 2])
  close(
    flat.apply(params, clip),
    dense(2)
      .apply(params[1]!, reshape(clip, [3, 8]))
      .toArray(),
  )
  const noise = {
    init: () => null,
    apply: (_: null, x: Tensor, mode?: { key?: Tensor }) => random.uniform(mode!.key!, x.shape),
  }
  const drawn = timeDistributed(noise).apply(null, clip, { key }).toArray() as number[][][]
  assert.not.equal(drawn[0], drawn[1])
  const none = slice(clip, [0], [0])
  assert.equal(timeDistributed(noise).apply(null, none, { key }).shape, [0, 2, 4])
  assert.throws(() => timeDistributed(3 as never), /timeDistributed: the argument is neither a layer/)
  assert.throws(() => flat.init(key, { shape: [3] }), /timeDistributed: the input has shape \[3\]/)
})

test('maxNorm: long columns are cut, short ones stay bit for bit', () => {
  const w = random.normal(key, [5, 4])
  const limited = maxNorm(w, 2)
  const norms = (x: Tensor) =>
    (x.toArray() as number[][])[0].map((_, i) => Math.hypot(...(x.toArray() as number[][]).map(r => r[i])))
  const before = norms(w)
  norms(limited).forEach((norm, i) => {
    assert.ok(Math.abs(norm - Math.min(before[i], 2)) < 1e-6)
    if (before[i] < 2) {
      assert.equal(
        (limited.toArray() as number[][]).map(r => r[i]),
        (w.toArray() as number[][]).map(r => r[i]),
      )
    }
  })
  assert.ok(before.some(norm => norm < 2) && before.some(norm => norm > 2), `${before}`)
  assert.equal(maxNorm(zeros([2, 2]), 1).toArray(), zeros([2, 2]).toArray())
  const row = maxNorm(tensor([[3, 4]]), 1, 1)
  close(row, [0.6, 0.8])
  assert.throws(() => maxNorm(w, 0), /maxNorm: the limit is a positive number, not 0/)
})

test.run()
