import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor } from '../../ts/index.js'
import { namedTensors, restoreTree } from '../../ts/io/index.js'

const tree = { layers: [{ w: tensor([1, 2]), b: null }, [tensor(3)]], out: tensor([4]) }

test('leaves have the names of their places, and go back there', () => {
  const tensors = namedTensors(tree)
  assert.equal(Object.keys(tensors).sort(), ['layers.0.w', 'layers.1.0', 'out'])
  assert.equal(restoreTree(tree, tensors), tree)
})

test('what is missing, left over or of another shape is named', () => {
  const { out, ...rest } = namedTensors(tree)
  assert.throws(() => restoreTree(tree, { ...rest, extra: out }), /restoreTree: missing: out; not expected: extra/)
  assert.throws(() => restoreTree(tree, { ...rest, out: tensor([1, 2]) }), /out is float32\[2\], expected float32\[1\]/)
  const ints = tensor([1], { dtype: 'int32' })
  assert.throws(() => restoreTree(tree, { ...rest, out: ints }), /out is int32\[1\], expected float32\[1\]/)
  assert.throws(() => namedTensors({ 'a.b': out, a: { b: out } }), /two tensors would have the name "a\.b"/)
})

test('tensors by name are a record of them', () => {
  const restore = (given: unknown) => () =>
    restoreTree({ w: tensor([1]) }, given as Record<string, ReturnType<typeof tensor>>)
  assert.throws(
    restore(Uint8Array.of(1)),
    /^restoreTree: the tensors come by name, .*, not as an? Uint8Array \(.+:\d+:\d+\)$/,
  )
  assert.throws(restore(undefined), /^restoreTree: .*, not as undefined \(.+:\d+:\d+\)$/)
  assert.throws(restore({ w: [1] }), /^restoreTree: w is an array, expected float32\[1\] \(.+:\d+:\d+\)$/)
})

test.run()
