// One model for both: places [t, t + n) after a cache of t keys and values for each layer.
import { ort, session } from '../lib/ort.mjs'
import { cases, FIRST, ids, params, sizes } from './gpt.mjs'

const INT64 = 7
const { D, T, V, heads } = sizes
const size = D / heads

const int64 = (...values) => ({ shape: [values.length], data: BigInt64Array.from(values, BigInt) })
const scalar = value => ({ shape: [], data: Float32Array.of(value) })

/** The graph for `n` tokens at a time; `cached`: keys and values go in and come out. */
function graph(n, cached) {
  const nodes = []
  const initializers = {
    ...{ tok: params.tok, head: params.head, lnfg: params.lnfg, lnfb: params.lnfb },
    ...{ half: scalar(0.5), one: scalar(1), cube: scalar(0.044715), root: scalar(0.7978845608028654) },
    ...{ scale: scalar(1 / Math.sqrt(size)), split: int64(n, heads, size), join: int64(n, D), thirds: int64(D, D, D) },
  }
  let count = 0
  const apply = (op, inputs, attributes, outputs = [`${op}${count++}`]) => {
    nodes.push({ op, inputs, outputs, attributes })
    return outputs[0]
  }
  const weight = (name, value) => {
    initializers[name] = value
    return name
  }
  const gelu = x => {
    const inner = apply('Mul', [
      apply('Add', [x, apply('Mul', [apply('Mul', [apply('Mul', [x, x]), x]), 'cube'])]),
      'root',
    ])
    return apply('Mul', [apply('Mul', [x, 'half']), apply('Add', [apply('Tanh', [inner]), 'one'])])
  }
  const inputs = { ids: { shape: [n], type: INT64 }, pos: { shape: [n, D] } }
  const outputs = { logits: { shape: [n, V] } }
  let x = apply('Add', [apply('Gather', ['tok', 'ids']), 'pos'])
  params.blocks.forEach((block, layer) => {
    const own = Object.fromEntries(
      Object.entries(block).map(([name, value]) => [name, weight(`${name}${layer}`, value)]),
    )
    const qkv = apply('Gemm', [apply('LayerNormalization', [x, own.ln1g, own.ln1b]), own.wqkv, own.bqkv])
    const parts = ['q', 'k', 'v'].map(name => `${name}${layer}`)
    apply('Split', [qkv, 'thirds'], { axis: 1 }, parts)
    const [q, ...pair] = parts.map((part, i) =>
      apply('Transpose', [apply('Reshape', [part, 'split'])], { perm: i === 1 && !cached ? [1, 2, 0] : [1, 0, 2] }),
    )
    let [k, v] = pair
    if (cached) {
      ;[k, v] = ['pastK', 'pastV'].map((past, i) => {
        inputs[`${past}${layer}`] = { shape: [heads, 't', size] }
        outputs[`${past}${layer}Next`] = { shape: [heads, 'next', size] }
        return apply('Concat', [`${past}${layer}`, pair[i]], { axis: 1 }, [`${past}${layer}Next`])
      })
      k = apply('Transpose', [k], { perm: [0, 2, 1] })
    }
    let scores = apply('Mul', [apply('MatMul', [q, k]), 'scale'])
    if (!cached) scores = apply('Add', [scores, 'mask'])
    const mixed = apply('Transpose', [apply('MatMul', [apply('Softmax', [scores]), v])], { perm: [1, 0, 2] })
    x = apply('Add', [x, apply('Gemm', [apply('Reshape', [mixed, 'join']), own.wp, own.bp])])
    const hidden = gelu(apply('Gemm', [apply('LayerNormalization', [x, own.ln2g, own.ln2b]), own.w1, own.b1]))
    x = apply('Add', [x, apply('Gemm', [hidden, own.w2, own.b2])])
  })
  apply('MatMul', [apply('LayerNormalization', [x, 'lnfg', 'lnfb']), 'head'], {}, ['logits'])
  if (!cached) {
    const data = Float32Array.from({ length: n * n }, (_, i) => (i % n > Math.floor(i / n) ? -1e30 : 0))
    initializers.mask = { shape: [n, n], data }
  }
  return session({ nodes, initializers, inputs, outputs })
}

const argmax = list => list.indexOf(Math.max(...list))
const tensorOf = (...list) => new ort.Tensor('int64', BigInt64Array.from(list, BigInt), [list.length])

export async function prepare() {
  const [whole, one] = [await graph(T, false), await graph(1, true)]
  const places = new ort.Tensor('float32', params.pos.data, [T, D])
  const rows = Array.from(
    { length: T },
    (_, t) => new ort.Tensor('float32', params.pos.data.slice(t * D, (t + 1) * D), [1, D]),
  )
  const forward = async () => (await whole.run({ ids: tensorOf(...ids), pos: places })).logits.data
  const empty = () => new ort.Tensor('float32', new Float32Array(0), [heads, 0, size])
  const generate = async () => {
    const tokens = []
    let cache = Object.fromEntries(
      params.blocks.flatMap((_, i) => [
        [`pastK${i}`, empty()],
        [`pastV${i}`, empty()],
      ]),
    )
    for (let t = 0; t < T; t++) {
      const { logits, ...next } = await one.run({ ids: tensorOf(tokens.at(-1) ?? FIRST), pos: rows[t], ...cache })
      tokens.push(argmax(logits.data))
      cache = Object.fromEntries(Object.entries(next).map(([name, value]) => [name.replace('Next', ''), value]))
    }
    return tokens
  }
  return cases({ forward, generate })
}
