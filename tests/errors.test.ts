// Every operation and transform refuses what does not fit with one message: the operation, what was given, and the
// user's own line; and what was computed before stays as it was.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { firstOutside, framesOf, libraryRoot } from '../ts/errors.js'
import { memory, type Tensor, tensor, treeLeaves } from '../ts/index.js'
import { arraysRows } from './errors/arrays.js'
import { elementwiseRows } from './errors/elementwise.js'
import { f2, f23, h, kept, type Row } from './errors/given.js'
import { indexingRows } from './errors/indexing.js'
import { randomRows } from './errors/random.js'
import { reductionsRows } from './errors/reductions.js'
import { transformsRows } from './errors/transforms.js'
import { valuesRows } from './errors/values.js'
import { windowsRows } from './errors/windows.js'
import { ownLine } from './own-line.js'

/** A row list for each export. */
const table: Record<string, Row[]> = {
  ...valuesRows,
  ...elementwiseRows,
  ...reductionsRows,
  ...windowsRows,
  ...arraysRows,
  ...indexingRows,
  ...randomRows,
  ...transformsRows,
}
const before = kept.map(x => x.toArray())

for (const [name, rows] of Object.entries(table)) {
  test(`${name} says what is wrong`, () => {
    rows.forEach(([attempt, ...contains], i) => {
      let message: string | null = null
      try {
        attempt()
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError, `${name} ${i}: ${error}`)
        message = (error as Error).message
      }
      assert.ok(message !== null, `${name} ${i}: nothing was thrown: ${attempt}`)
      for (const part of contains) assert.ok(message.includes(part), `${name} ${i}: "${message}" lacks "${part}"`)
      assert.match(message, ownLine('errors'))
      assert.ok(message.split('\n').length === 1, message)
    })
    kept.forEach((x, i) => {
      assert.equal(x.toArray(), before[i])
    })
  })
}

test('every operation and transform has its rows', () => {
  const exempt = new Set(['init', 'memory'])
  const names = Object.entries(h).flatMap(([name, value]) =>
    name === 'random'
      ? Object.keys(value as object)
          .filter(
            inner => typeof (value as Record<string, unknown>)[inner] === 'function' && !/Primitive$|Laws$/.test(inner),
          )
          .map(inner => `random.${inner}`)
      : [name],
  )
  assert.equal(
    names.filter(name => !(name in table) && !exempt.has(name)),
    [],
  )
})

test('a value that escaped its trace says so', () => {
  let escaped: Tensor | undefined
  h.jit((x: Tensor) => {
    escaped = h.add(x, 1)
    return x
  })(f2)
  for (const attempt of [
    () => h.add(escaped, 1),
    () => h.jit((x: Tensor) => h.mul(x, escaped))(f2),
    () => escaped!.data(),
  ])
    assert.throws(attempt, /traced value/)
  assert.throws(
    () => h.add(escaped, 1),
    /used after its trace ended.*return it from the function instead \(.*:\d+:\d+\)$/,
  )
})

test('a function that throws while it is traced leaves no trace open', () => {
  assert.throws(
    () =>
      h.jit((x: Tensor) =>
        h.scan(
          (carry: Tensor) =>
            h.vmap(() => {
              throw new Error('mine')
            })(carry),
          x,
          x,
        ),
      )(f2),
    /mine/,
  )
  assert.equal(h.add(f2, 1).toArray(), [2, 3])
})

test('indices out of range are clamped in eager and in compiled code, and touch no other tensor', () => {
  const neighbours = Array.from({ length: 40 }, (_, i) => h.full([3], i))
  const wild = tensor([-2147483648, -1, 0, 1, 2, 2147483647], { dtype: 'int32' })
  const canaries = Array.from({ length: 40 }, (_, i) => h.full([3], i))
  const taken = (table: Tensor, ids: Tensor) => h.take(table, ids)
  const scattered = (x: Tensor, ids: Tensor) => h.scatterAdd(x, ids, h.ones([6, 3]))
  const along = (x: Tensor, ids: Tensor) => h.takeAlongAxis(x, h.reshape(ids, [2, 3]))
  const rows = [
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
    [4, 5, 6],
    [4, 5, 6],
    [4, 5, 6],
  ]
  for (const run of [(f: unknown) => f, h.jit] as ((f: unknown) => (...args: Tensor[]) => Tensor)[]) {
    assert.equal(run(taken)(f23, wild).toArray(), rows)
    assert.equal(run(scattered)(f23, wild).toArray(), [
      [4, 5, 6],
      [7, 8, 9],
    ])
    assert.equal(run(along)(f23, wild).toArray(), [
      [1, 1, 1],
      [5, 6, 6],
    ])
    assert.ok(Number.isFinite(h.sum(run(h.softmaxCrossEntropy)(h.stack(new Array(6).fill(f2)), wild)).item()))
  }
  for (const list of [neighbours, canaries])
    assert.equal(
      list.map(x => x.toArray()),
      list.map((_, i) => [i, i, i]),
    )
})

test('an error in the middle of much work frees what it had made', () => {
  const { tensors } = memory()
  for (let i = 0; i < 50; i++) {
    try {
      h.jit((x: Tensor) => h.matmul(h.add(x, 1), x))(f23)
    } catch {}
  }
  assert.ok(memory().tensors <= tensors + 2)
  assert.is(treeLeaves({ a: f2 }).length, 1)
})

test('stacks are read in the formats of V8, SpiderMonkey and JavaScriptCore', () => {
  const v8 = `Error
    at userSource (file:///lib/ts/errors.js:20:9)
    at matmul (file:///lib/ts/ops/dot-general.js:3:4)
    at Array.map (<anonymous>)
    at async node:internal/modules/run:1:2
    at model (file:///home/me/my (copy)/model.js:12:7)
    at file:///home/me/main.js:1:1`
  const gecko = `userSource@http://host/ts/errors.js:20:9
matmul@http://host/ts/ops/dot-general.js:3:4
model@http://host/model.js:12:7
@http://host/main.js:1:1`
  const jsc = `userSource@http://host/node_modules/@me/heddle/dist/shared-1a.js:20:9
matmul@http://host/node_modules/@me/heddle/dist/index.js:3:4
map@[native code]
model@http://host/model.js:12:7
module code@http://host/main.js:1:1`
  const line = (stack: string): string | null => {
    const frames = framesOf(stack)
    return firstOutside(frames, libraryRoot(frames[0].file))
  }
  assert.is(line(v8), '/home/me/my (copy)/model.js:12:7')
  assert.is(line(gecko), 'http://host/model.js:12:7')
  assert.is(line(jsc), 'http://host/model.js:12:7')
  assert.is(line(jsc.replaceAll(/http:[^:]*:/g, 'http://host/bundle.js:')), null)
  assert.is(firstOutside(framesOf('no stack at all'), 'x'), null)
})

test.run()
