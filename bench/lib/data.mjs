// The initial values of the workloads as plain arrays, so that every system starts from the same numbers.
// The draws follow bench/workloads.ts, which is what heddle runs.

/** A stream of uniform numbers in [0, 1). */
export function mulberry32(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const sizeOf = shape => shape.reduce((product, length) => product * length, 1)

/** Draws arrays and token ids from one stream, in the order of the calls: `{ shape, data }`. */
export function drawer(seed) {
  const random = mulberry32(seed)
  return {
    uniform: (shape, scale) => ({
      shape,
      data: Float32Array.from({ length: sizeOf(shape) }, () => (random() * 2 - 1) * scale),
    }),
    ids: (shape, below) => ({
      shape,
      data: Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(random() * below)),
    }),
  }
}

export const filled = (length, value) => ({ shape: [length], data: new Float32Array(length).fill(value) })

/** Two matrices of W1. */
export function matrices([M, K, N]) {
  const draw = drawer(1)
  return { a: draw.uniform([M, K], 1), b: draw.uniform([K, N], 1) }
}

/** W2: an LSTM character model. */
export function lstmModel({ V = 65, E = 128, H = 256, B = 32, T = 64 } = {}) {
  const draw = drawer(2)
  const s = 1 / Math.sqrt(H)
  const params = {
    emb: draw.uniform([V, E], 0.5),
    wx: draw.uniform([E, 4 * H], s),
    wh: draw.uniform([H, 4 * H], s),
    b: draw.uniform([4 * H], s),
    wo: draw.uniform([H, V], s),
    bo: draw.uniform([V], s),
  }
  return { params, x: draw.ids([B, T], V), y: draw.ids([B, T], V), sizes: { V, E, H, B, T } }
}

/** W3: the same with a GRU. */
export function gruModel({ V = 65, E = 128, H = 256, B = 32, T = 64 } = {}) {
  const draw = drawer(3)
  const s = 1 / Math.sqrt(H)
  const params = {
    emb: draw.uniform([V, E], 0.5),
    wx: draw.uniform([E, 3 * H], s),
    wh: draw.uniform([H, 3 * H], s),
    bx: draw.uniform([3 * H], s),
    bh: draw.uniform([3 * H], s),
    wo: draw.uniform([H, V], s),
    bo: draw.uniform([V], s),
  }
  return { params, x: draw.ids([B, T], V), y: draw.ids([B, T], V), sizes: { V, E, H, B, T } }
}

/** W4: a small vanilla RNN; its input is a row of `wxh`. */
export function rnnModel() {
  const [V, H, B, T] = [65, 64, 1, 32]
  const draw = drawer(4)
  const s = 1 / 8
  const params = {
    wxh: draw.uniform([V, H], s),
    whh: draw.uniform([H, H], s),
    bh: draw.uniform([H], s),
    why: draw.uniform([H, V], s),
    by: draw.uniform([V], s),
  }
  return { params, x: draw.ids([B, T], V), y: draw.ids([B, T], V), sizes: { V, H, B, T } }
}

/** W5: a GPT. */
export function gptModel() {
  const [V, D, T, B, layers, heads] = [65, 128, 128, 16, 4, 4]
  const F = 4 * D
  const draw = drawer(5)
  const tok = draw.uniform([V, D], 0.05)
  const pos = draw.uniform([T, D], 0.05)
  const blocks = Array.from({ length: layers }, () => ({
    ln1g: filled(D, 1),
    ln1b: filled(D, 0),
    wqkv: draw.uniform([D, 3 * D], 0.08),
    bqkv: filled(3 * D, 0),
    wp: draw.uniform([D, D], 0.08),
    bp: filled(D, 0),
    ln2g: filled(D, 1),
    ln2b: filled(D, 0),
    w1: draw.uniform([D, F], 0.08),
    b1: filled(F, 0),
    w2: draw.uniform([F, D], 0.04),
    b2: filled(D, 0),
  }))
  const params = { tok, pos, blocks, lnfg: filled(D, 1), lnfb: filled(D, 0), head: draw.uniform([D, V], 0.08) }
  return { params, x: draw.ids([B, T], V), y: draw.ids([B, T], V), sizes: { V, D, T, B, F, layers, heads } }
}

/** W6: a small convolutional network. */
export function cnnModel({ B = 64 } = {}) {
  const draw = drawer(6)
  const [s2, sf] = [1 / Math.sqrt(250), 1 / Math.sqrt(320)]
  const params = {
    c1w: draw.uniform([10, 1, 5, 5], 0.2),
    c1b: draw.uniform([10], 0.2),
    c2w: draw.uniform([20, 10, 5, 5], s2),
    c2b: draw.uniform([20], s2),
    fw: draw.uniform([320, 10], sf),
    fb: draw.uniform([10], sf),
  }
  return { params, x: draw.uniform([B, 1, 28, 28], 1), y: draw.ids([B], 10), sizes: { B } }
}

/** W9: an encoder-decoder with Bahdanau's attention; `x` [B, S] and `y` [B, T + 1], of which a decoder reads the first T. */
export function translationModel({ V = 4000, E = 128, H = 256, S = 20, T = 20, B = 32 } = {}) {
  const draw = drawer(9)
  const s = 1 / Math.sqrt(H)
  const sourceTable = draw.uniform([V, E], 0.5)
  const [ex, eh, eb] = [draw.uniform([E, 4 * H], s), draw.uniform([H, 4 * H], s), draw.uniform([4 * H], s)]
  const targetTable = draw.uniform([V, E], 0.5)
  const [dx, dh, db] = [draw.uniform([E + H, 4 * H], s), draw.uniform([H, 4 * H], s), draw.uniform([4 * H], s)]
  const [wq, wk, ba, v] = [draw.uniform([H, H], s), draw.uniform([H, H], s), draw.uniform([H], s), draw.uniform([H], s)]
  const [wo, bo] = [draw.uniform([2 * H, V], s), draw.uniform([V], s)]
  const params = { sourceTable, ex, eh, eb, targetTable, dx, dh, db, wq, wk, ba, v, wo, bo }
  return { params, x: draw.ids([B, S], V), y: draw.ids([B, T + 1], V), sizes: { V, E, H, S, T, B } }
}

/** W8: inputs for W2's LSTM layer, [T, B, E]. */
export const lstmInputs = (B, T = 128, E = 128) => drawer(8).uniform([T, B, E], 1)

/** The same tree with `f` applied to each `{ shape, data }`. */
export function mapLeaves(f, tree) {
  if (tree.data !== undefined) return f(tree)
  if (Array.isArray(tree)) return tree.map(branch => mapLeaves(f, branch))
  return Object.fromEntries(Object.entries(tree).map(([name, branch]) => [name, mapLeaves(f, branch)]))
}
