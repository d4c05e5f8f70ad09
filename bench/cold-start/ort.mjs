import { session, toOrt } from '../lib/ort.mjs'

const model = await session({
  nodes: [{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['c'] }],
  inputs: { a: { shape: [1, 2] }, b: { shape: [2, 2] } },
  outputs: { c: { shape: [1, 2] } },
})
const a = toOrt({ shape: [1, 2], data: Float32Array.of(1, 2) })
const b = toOrt({ shape: [2, 2], data: Float32Array.of(1, 2, 5, 6) })
const { c } = await model.run({ a, b })
console.log(JSON.stringify({ answers: [...c.data] }))
