// One step forward and one step back of the cells in user-cells.mjs, derived and arranged by hand for a whole batch.
// forward(p, carry, zx) gives [carry, what the way back needs]; backward(p, gradient of the carry after, kept) gives
// [that before, gradients of the pre-activations]; gradients(...) the parameters' from all steps at once.
import {
  add,
  concat,
  matmul,
  mean,
  mul,
  rsqrt,
  sigmoid,
  split,
  square,
  sub,
  tanh,
  variance,
} from '../../build/ts/index.js'
import { overAll, overPrevious, timesTransposed, total } from './hand-layers.mjs'

const bySigmoid = (d, y) => mul(d, mul(y, sub(1, y)))
const byTanh = (d, y) => mul(d, sub(1, square(y)))
const join = parts => concat(parts, 1)

const lstm = {
  carry: ['h', 'c'],
  forward({ wh }, { h, c }, zx) {
    const [zi, zf, zg, zo] = split(add(zx, matmul(h, wh)), 4)
    const [i, f, g, o] = [sigmoid(zi), sigmoid(zf), tanh(zg), sigmoid(zo)]
    const c1 = add(mul(f, c), mul(i, g))
    const t = tanh(c1)
    return [
      { h: mul(o, t), c: c1 },
      { i, f, g, o, t, c },
    ]
  },
  backward({ wh }, { h: dh, c: dc }, { i, f, g, o, t, c }) {
    const dc1 = add(dc, byTanh(mul(dh, o), t))
    const zx = join([
      bySigmoid(mul(dc1, g), i),
      bySigmoid(mul(dc1, c), f),
      byTanh(mul(dc1, i), g),
      bySigmoid(mul(dh, t), o),
    ])
    return [{ h: timesTransposed(zx, wh), c: mul(dc1, f) }, { zx }]
  },
  gradients: ({ d, hs, reverse }) => ({ wh: overPrevious(hs, d.zx, reverse) }),
}

const peephole = {
  carry: ['h', 'c'],
  forward({ wh, pi, pf, po }, { h, c }, zx) {
    const [zi, zf, zg, zo] = split(add(zx, matmul(h, wh)), 4)
    const [i, f, g] = [sigmoid(add(zi, mul(pi, c))), sigmoid(add(zf, mul(pf, c))), tanh(zg)]
    const c1 = add(mul(f, c), mul(i, g))
    const o = sigmoid(add(zo, mul(po, c1)))
    const t = tanh(c1)
    return [
      { h: mul(o, t), c: c1 },
      { i, f, g, o, t, c, c1 },
    ]
  },
  backward({ wh, pi, pf, po }, { h: dh, c: dc }, { i, f, g, o, t, c }) {
    const dzo = bySigmoid(mul(dh, t), o)
    const dc1 = add(add(dc, byTanh(mul(dh, o), t)), mul(dzo, po))
    const [dzi, dzf] = [bySigmoid(mul(dc1, g), i), bySigmoid(mul(dc1, c), f)]
    const zx = join([dzi, dzf, byTanh(mul(dc1, i), g), dzo])
    const before = add(mul(dc1, f), add(mul(dzi, pi), mul(dzf, pf)))
    return [{ h: timesTransposed(zx, wh), c: before }, { zx }]
  },
  gradients({ d, kept, hs, reverse }) {
    const [dzi, dzf, , dzo] = split(d.zx, 4)
    return {
      wh: overPrevious(hs, d.zx, reverse),
      pi: total(mul(dzi, kept.c)),
      pf: total(mul(dzf, kept.c)),
      po: total(mul(dzo, kept.c1)),
    }
  },
}

const gruAfter = {
  carry: ['h'],
  forward({ wh, bh }, { h }, zx) {
    const [rx, zz, nx] = split(zx, 3)
    const [rh, zh, nh] = split(add(matmul(h, wh), bh), 3)
    const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zz, zh))]
    const n = tanh(add(nx, mul(r, nh)))
    return [{ h: add(n, mul(z, sub(h, n))) }, { r, z, n, nh, h }]
  },
  backward({ wh }, { h: dh }, { r, z, n, nh, h }) {
    const dn = byTanh(mul(dh, sub(1, z)), n)
    const dr = bySigmoid(mul(dn, nh), r)
    const dz = bySigmoid(mul(dh, sub(h, n)), z)
    const zh = join([dr, dz, mul(dn, r)])
    return [{ h: add(mul(dh, z), timesTransposed(zh, wh)) }, { zx: join([dr, dz, dn]), zh }]
  },
  gradients: ({ d, hs, reverse }) => ({ wh: overPrevious(hs, d.zh, reverse), bh: total(d.zh) }),
}

const gruBefore = {
  carry: ['h'],
  forward({ wh, wn }, { h }, zx) {
    const [rx, zz, nx] = split(zx, 3)
    const [rh, zh] = split(matmul(h, wh), 2)
    const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zz, zh))]
    const reset = mul(r, h)
    const n = tanh(add(nx, matmul(reset, wn)))
    return [{ h: add(n, mul(z, sub(h, n))) }, { r, z, n, h, reset }]
  },
  backward({ wh, wn }, { h: dh }, { r, z, n, h }) {
    const dn = byTanh(mul(dh, sub(1, z)), n)
    const dReset = timesTransposed(dn, wn)
    const gates = join([bySigmoid(mul(dReset, h), r), bySigmoid(mul(dh, sub(h, n)), z)])
    const before = add(add(mul(dh, z), mul(dReset, r)), timesTransposed(gates, wh))
    return [{ h: before }, { zx: join([gates, dn]), gates, dn }]
  },
  gradients: ({ d, kept, hs, reverse }) => ({
    wh: overPrevious(hs, d.gates, reverse),
    wn: overAll(kept.reset, d.dn),
  }),
}

const minimalNorm = {
  carry: ['h'],
  forward({ wh, wn, gain, bias }, { h }, zx) {
    const [fx, nx] = split(zx, 2)
    const a = add(fx, matmul(h, wh))
    const scale = rsqrt(add(variance(a, { axis: 1, keepDims: true }), 1e-5))
    const normal = mul(sub(a, mean(a, { axis: 1, keepDims: true })), scale)
    const f = sigmoid(add(mul(normal, gain), bias))
    const gated = mul(f, h)
    const n = tanh(add(nx, matmul(gated, wn)))
    return [{ h: add(h, mul(f, sub(n, h))) }, { f, n, h, normal, scale, gated }]
  },
  backward({ wh, wn, gain }, { h: dh }, { f, n, h, normal, scale }) {
    const dn = byTanh(mul(dh, f), n)
    const dGated = timesTransposed(dn, wn)
    const du = bySigmoid(add(mul(dh, sub(n, h)), mul(dGated, h)), f)
    const dNormal = mul(du, gain)
    const inner = mean(mul(dNormal, normal), { axis: 1, keepDims: true })
    const da = mul(scale, sub(sub(dNormal, mean(dNormal, { axis: 1, keepDims: true })), mul(normal, inner)))
    const before = add(add(mul(dh, sub(1, f)), mul(dGated, f)), timesTransposed(da, wh))
    return [{ h: before }, { zx: join([da, dn]), da, dn, du }]
  },
  gradients: ({ d, kept, hs, reverse }) => ({
    wh: overPrevious(hs, d.da, reverse),
    wn: overAll(kept.gated, d.dn),
    gain: total(mul(d.du, kept.normal)),
    bias: total(d.du),
  }),
}

export const handCells = {
  lstm,
  peephole,
  'gru, reset after': gruAfter,
  'gru, reset before': gruBefore,
  'minimal, layer norm': minimalNorm,
}
