// Recurrent cells as a user writes them: for one example, from elementary operations; lifted over time by scan and over
// the batch by vmap.
import { lstmCell, mulberry32 } from '../../build/bench/workloads.js'
import {
  add,
  concat,
  matmul,
  mean,
  mul,
  rsqrt,
  scan,
  sigmoid,
  split,
  square,
  sub,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  variance,
  vmap,
  zeros,
} from '../../build/ts/index.js'

/** Long and short: Gers & Schmidhuber 2000, gates that see the cell. */
function peephole({ wx, wh, b, pi, pf, po }, { h, c }, x) {
  const [i, f, g, o] = split(add(matmul(x, wx), matmul(h, wh), b), 4)
  const c1 = add(mul(sigmoid(add(f, mul(pf, c))), c), mul(sigmoid(add(i, mul(pi, c))), tanh(g)))
  const h1 = mul(sigmoid(add(o, mul(po, c1))), tanh(c1))
  return [{ h: h1, c: c1 }, h1]
}

/** Reset after the product. */
function gruAfter({ wx, wh, b, bh }, { h }, x) {
  const [rx, zx, nx] = split(add(matmul(x, wx), b), 3)
  const [rh, zh, nh] = split(add(matmul(h, wh), bh), 3)
  const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zx, zh))]
  const n = tanh(add(nx, mul(r, nh)))
  const h1 = add(mul(sub(1, z), n), mul(z, h))
  return [{ h: h1 }, h1]
}

/** Reset before the product: Cho et al. 2014. */
function gruBefore({ wx, wh, wn, b }, { h }, x) {
  const [rx, zx, nx] = split(add(matmul(x, wx), b), 3)
  const [rh, zh] = split(matmul(h, wh), 2)
  const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zx, zh))]
  const n = tanh(add(nx, matmul(mul(r, h), wn)))
  const h1 = add(mul(sub(1, z), n), mul(z, h))
  return [{ h: h1 }, h1]
}

const layerNorm = (x, gain, bias) => add(mul(mul(sub(x, mean(x)), rsqrt(add(variance(x), 1e-5))), gain), bias)

/** Minimal gated unit (Zhou et al. 2016) whose gate is normalised. */
function minimalNorm({ wx, wh, wn, b, gain, bias }, { h }, x) {
  const [fx, nx] = split(add(matmul(x, wx), b), 2)
  const f = sigmoid(layerNorm(add(fx, matmul(h, wh)), gain, bias))
  const n = tanh(add(nx, matmul(mul(f, h), wn)))
  const h1 = add(mul(sub(1, f), h), mul(f, n))
  return [{ h: h1 }, h1]
}

/** Cells with the shapes of their parameters and the names of their carries. */
export const userCells = {
  lstm: { cell: lstmCell, shapes: (E, H) => ({ wx: [E, 4 * H], wh: [H, 4 * H], b: [4 * H] }), carry: ['h', 'c'] },
  peephole: {
    cell: peephole,
    shapes: (E, H) => ({ wx: [E, 4 * H], wh: [H, 4 * H], b: [4 * H], pi: [H], pf: [H], po: [H] }),
    carry: ['h', 'c'],
  },
  'gru, reset after': {
    cell: gruAfter,
    shapes: (E, H) => ({ wx: [E, 3 * H], wh: [H, 3 * H], b: [3 * H], bh: [3 * H] }),
    carry: ['h'],
  },
  'gru, reset before': {
    cell: gruBefore,
    shapes: (E, H) => ({ wx: [E, 3 * H], wh: [H, 2 * H], wn: [H, H], b: [3 * H] }),
    carry: ['h'],
  },
  'minimal, layer norm': {
    cell: minimalNorm,
    shapes: (E, H) => ({ wx: [E, 2 * H], wh: [H, H], wn: [H, H], b: [2 * H], gain: [H], bias: [H] }),
    carry: ['h'],
  },
}

/** Loss and gradient: one layer over time, or two that run both ways. */
export function userGradient({ cell, carry }, isDeep) {
  const layer = (p, xs, options) => {
    const H = p.wh.shape[0]
    const start = Object.fromEntries(carry.map(name => [name, zeros([H])]))
    return scan((state, x) => cell(p, state, x), start, xs, options)[1]
  }
  const both = ({ forward, backward }, xs) => concat([layer(forward, xs), layer(backward, xs, { reverse: true })], 1)
  const model = isDeep ? ([first, second], xs) => both(second, both(first, xs)) : ([only], xs) => layer(only, xs)
  const exampleLoss = (p, xs, ys) => mean(square(sub(model(p, xs), ys)))
  return valueAndGrad((p, x, y) => mean(vmap(exampleLoss, [null, 0, 0])(p, x, y)))
}

/** Parameters and data: x [B, T, E], and as the steps of a loop [T, B, E]. */
export function makeData({ shapes }, { batch: B, input: E, hidden: H, length: T, isDeep }) {
  const random = mulberry32(9)
  const draw = (shape, scale) =>
    tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (random() * 2 - 1) * scale),
      { shape },
    )
  const layer = inputs =>
    Object.fromEntries(Object.entries(shapes(inputs, H)).map(([name, shape]) => [name, draw(shape, 1 / Math.sqrt(H))]))
  const both = inputs => ({ forward: layer(inputs), backward: layer(inputs) })
  const params = isDeep ? [both(E), both(2 * H)] : [layer(E)]
  const x = draw([B, T, E], 1)
  const y = draw([B, T, isDeep ? 2 * H : H], 1)
  const steps = whole => tensor(transpose(whole, [1, 0, 2]).data(), { shape: [T, B, whole.shape[2]] })
  return { params, x, y, stepsX: steps(x), stepsY: steps(y) }
}
