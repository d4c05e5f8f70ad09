import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor, transpose, zeros } from '../../ts/index.js'
import { decodeSafetensors, encodeSafetensors, loadInto } from '../../ts/io/index.js'
import { ownLine } from '../own-line.js'

const file = encodeSafetensors({
  rnn: { weight_ih: tensor([[1, 2]]), bias: tensor([3]) },
  fc: { weight: tensor([[4, 5]]), bias: tensor([6]) },
})
const mine = { cell: { w: zeros([1, 2]), b: zeros([1]) }, head: { weight: zeros([2, 1]), bias: zeros([1]) } }
const rename = { 'rnn.weight_ih': 'cell.w', 'rnn.bias': 'cell.b', fc: 'head' }
const convert = (x: ReturnType<typeof zeros>, name: string) => (name === 'head.weight' ? transpose(x) : x)

const plain = ({ cell, head }: typeof mine) => [cell.w, cell.b, head.weight, head.bias].map(leaf => leaf.toArray())

test('by whole names, by paths and by a function; from bytes and from what was in them', () => {
  const expected = [[[1, 2]], [3], [[4], [5]], [6]]
  assert.equal(plain(loadInto(mine, file, { rename, convert })), expected)
  const own: Record<string, string> = { 'rnn.weight_ih': 'cell.w', 'rnn.bias': 'cell.b' }
  const byFunction = (name: string) => own[name] ?? name.replace('fc', 'head')
  assert.equal(plain(loadInto(mine, decodeSafetensors(file).tensors, { rename: byFunction, convert })), expected)
})

test('the longest path counts; null leaves out; an empty path takes a level away', () => {
  const nested = encodeSafetensors({ model: { a: tensor([1]), b: { c: tensor([2]), d: tensor([3]) } } })
  const tree = { a: zeros([1]), x: { c: zeros([1]) } }
  const loaded = loadInto(tree, nested, { rename: { model: '', 'model.b': 'x', 'model.b.d': null } })
  assert.equal([loaded.a.item(), loaded.x.c.item()], [1, 2])
})

test('a part of the tree, and a part of the file, where that is wanted', () => {
  const head = loadInto({ fc: { bias: tensor([0]), scale: tensor([7]) } }, file, {
    partial: true,
    ignoreUnexpected: true,
  })
  assert.equal([head.fc.bias.item(), head.fc.scale.item()], [6, 7])
})

test('all that does not fit is said at once', () => {
  assert.throws(
    () => loadInto(mine, file, { rename: { 'rnn.weight_ih': 'cell.w', 'rnn.bias': 'cell.bias', fc: 'head' } }),
    /loadInto: missing: cell\.b; not expected: cell\.bias; head\.weight is float32\[1, 2\], expected float32\[2, 1\]/,
  )
  assert.throws(() => loadInto(mine, file, { rename: { lstm: 'cell' } }), /loadInto: rename: there is no lstm among /)
  assert.throws(
    () => loadInto(mine, file, { rename: { 'rnn.bias': 'b', 'fc.bias': 'b' } }),
    /both \S+ and \S+ become b/,
  )
})

test('what holds no tensors is refused, and every mistake has the line of the call', () => {
  const load = (source: unknown, options = {}) => loadInto(mine, source as Uint8Array, options)
  const cases: [() => unknown, RegExp][] = [
    [() => load('w.safetensors'), /^loadInto: the source is a Uint8Array .*, not the string w\.safetensors \(/],
    [
      () => load(Promise.resolve(file)),
      /^loadInto: .* \(await readFile\(path\)\) or tensors by name, not a Promise \(/,
    ],
    [() => load(file), /^loadInto: missing: .* \(/],
    [() => load(file, { rename: { lstm: 'cell' } }), /^loadInto: rename: .* \(/],
    [() => load({ 'cell.w': 3 }, { partial: true }), /^loadInto: cell\.w is the number 3, expected float32\[1, 2\] \(/],
  ]
  for (const [call, message] of cases) {
    assert.throws(call, message)
    assert.throws(call, ownLine('load'))
  }
  assert.equal(plain(loadInto(mine, file.buffer, { rename, convert }))[1], [3], 'an ArrayBuffer is bytes')
})

test.run()
