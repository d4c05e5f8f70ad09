// An LSTM in plain JavaScript numbers: what every system's must come to.

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
