import { session, toOrt } from '../lib/ort.mjs'
import { cases, nameOf, shapes } from './shapes.mjs'

export async function prepare(only) {
  const sessions = {}
  for (const [M, K, N] of shapes) {
    sessions[nameOf([M, K, N])] = await session({
      nodes: [{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['c'] }],
      inputs: { a: { shape: [M, K] }, b: { shape: [K, N] } },
      outputs: { c: { shape: [M, N] } },
    })
  }
  return cases(only, (shape, a, b) => {
    const feeds = { a: toOrt(a), b: toOrt(b) }
    const run = () => sessions[nameOf(shape)].run(feeds)
    return { run, read: async () => (await run()).c.data }
  })
}
