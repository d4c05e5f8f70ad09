// An LSTM and a GPT in plain JavaScript numbers: what every system's must come to.

const sigmoid = x => 1 / (1 + Math.exp(-x))

/** One step for one example; gates i f g o. `x` is an array of E numbers. */
export function lstmStep({ wx, wh, b }, { h, c }, x) {
  const H = h.length
  const z = Float64Array.from(b.data)
  const accumulate = (vector, weights) =>
    vector.forEach((value, row) => {
      for (let j = 0; j < 4 * H; j++) z[j] += value * weights.data[row * 4 * H + j]
    })
  accumulate(x, wx)
  accumulate(h, wh)
  const c1 = c.map((value, j) => sigmoid(z[H + j]) * value + sigmoid(z[j]) * Math.tanh(z[2 * H + j]))
  return { h: c1.map((value, j) => sigmoid(z[3 * H + j]) * Math.tanh(value)), c: c1 }
}

export const zeroState = H => ({ h: new Float64Array(H), c: new Float64Array(H) })

/** x · w + b for one row. */
export function dense(x, w, b) {
  const out = Float64Array.from(b.data)
  x.forEach((value, row) => {
    for (let j = 0; j < out.length; j++) out[j] += value * w.data[row * out.length + j]
  })
  return out
}

export const row = ({ data, shape }, index) => data.subarray(index * shape.at(-1), (index + 1) * shape.at(-1))

/** x, normalised, then scaled and shifted. */
function layerNorm(x, { data: gain }, { data: bias }) {
  const mean = x.reduce((a, b) => a + b, 0) / x.length
  const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * gain[i] + bias[i])
}

const gelu = x => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x ** 3)))

/** One place of a pre-norm GPT: its embedding in, what the logits are made of out; keys and values join the `caches` of the layers. */
export function gptStep({ blocks, lnfg, lnfb }, x, caches, heads) {
  const D = x.length
  const size = D / heads
  const plus = (a, b) => a.map((value, i) => value + b[i])
  const last = blocks.reduce((x, p, layer) => {
    const qkv = dense(layerNorm(x, p.ln1g, p.ln1b), p.wqkv, p.bqkv)
    const { k, v } = caches[layer]
    k.push(qkv.slice(D, 2 * D))
    v.push(qkv.slice(2 * D))
    const mixed = new Float64Array(D)
    for (let from = 0; from < D; from += size) {
      const products = k.map(key => {
        let sum = 0
        for (let i = from; i < from + size; i++) sum += qkv[i] * key[i]
        return Math.exp(sum / Math.sqrt(size))
      })
      const total = products.reduce((a, b) => a + b, 0)
      products.forEach((weight, t) => {
        for (let i = from; i < from + size; i++) mixed[i] += (weight / total) * v[t][i]
      })
    }
    const x1 = plus(x, dense(mixed, p.wp, p.bp))
    return plus(x1, dense(dense(layerNorm(x1, p.ln2g, p.ln2b), p.w1, p.b1).map(gelu), p.w2, p.b2))
  }, x)
  return layerNorm(last, lnfg, lnfb)
}
