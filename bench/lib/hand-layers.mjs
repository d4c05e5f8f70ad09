// A layer over time arranged by hand: one product for the inputs of all steps, a loop forward that keeps what the way
// back needs, a loop back that emits the gradients of the pre-activations, one product for each weight after it.
import {
  add,
  concat,
  dotGeneral,
  mean,
  mul,
  reshape,
  scan,
  slice,
  square,
  sub,
  sum,
  zeros,
} from '../../build/ts/index.js'

/** A [.., K] transposed times B [.., N]: contracted over all steps and examples. */
export const overAll = (a, b) => dotGeneral(rows(a), rows(b), { contract: [[0], [0]] })
/** [T, B, K] as [T B, K]. */
export const rows = a => reshape(a, [a.size / a.shape[a.rank - 1], a.shape[a.rank - 1]])
/** A W^T. */
export const timesTransposed = (a, w) => dotGeneral(a, w, { contract: [[1], [1]] })
export const total = a => sum(rows(a), { axis: 0 })

/** Sum over steps of (the value that a step started from)^T d, given what the steps ended with; it starts at zero. */
export function overPrevious(after, d, reverse) {
  const T = after.shape[0]
  const [early, late] = [a => slice(a, [0], [T - 1]), a => slice(a, [1], [T])]
  return reverse ? overAll(late(after), early(d)) : overAll(early(after), late(d))
}

/** Outputs [T, B, H] of a layer and the way back, from their gradients to `[gradients of the parameters, of xs]`. */
function layer(cell, p, xs, reverse) {
  const [T, B, E] = xs.shape
  const H = p.wh.shape[0]
  const start = Object.fromEntries(cell.carry.map(name => [name, zeros([B, H])]))
  const projected = reshape(add(dotGeneral(rows(xs), p.wx, { contract: [[1], [0]] }), p.b), [T, B, p.b.size])
  const forward = (carry, zx) => {
    const [next, kept] = cell.forward(p, carry, zx)
    return [next, { h: next.h, kept }]
  }
  const [, { h: hs, kept }] = scan(forward, start, projected, { reverse })
  const back = dhs => {
    const step = (carry, { kept, dh }) => cell.backward(p, { ...carry, h: add(carry.h, dh) }, kept)
    const [, d] = scan(step, start, { kept, dh: dhs }, { reverse: !reverse })
    const gradients = { wx: overAll(xs, d.zx), b: total(d.zx), ...cell.gradients({ d, kept, hs, reverse }) }
    // In the order of the parameters.
    const ordered = Object.fromEntries(Object.keys(p).map(name => [name, gradients[name]]))
    return [ordered, () => reshape(timesTransposed(rows(d.zx), p.wx), [T, B, E])]
  }
  return [hs, back]
}

/** The same for both directions. */
function bothWays(cell, { forward, backward }, xs) {
  const [hs, back] = layer(cell, forward, xs, false)
  const [hsReverse, backReverse] = layer(cell, backward, xs, true)
  const H = hs.shape[2]
  return [
    concat([hs, hsReverse], 2),
    dhs => {
      const [g, dxs] = back(slice(dhs, [0, 0, 0], [dhs.shape[0], dhs.shape[1], H]))
      const [gReverse, dxsReverse] = backReverse(slice(dhs, [0, 0, H], [dhs.shape[0], dhs.shape[1], 2 * H]))
      return [{ forward: g, backward: gReverse }, () => add(dxs(), dxsReverse())]
    },
  ]
}

/** Loss and gradient; x and y by steps, [T, B, ...]. */
export function handGradient(cell, isDeep) {
  const lossOf = (out, y) => {
    const off = sub(out, y)
    return [mean(square(off)), mul(off, 2 / off.size)]
  }
  if (!isDeep) {
    return ([p], x, y) => {
      const [hs, back] = layer(cell, p, x, false)
      const [loss, d] = lossOf(hs, y)
      return [loss, [back(d)[0]]]
    }
  }
  return ([first, second], x, y) => {
    const [hidden, backFirst] = bothWays(cell, first, x)
    const [out, backSecond] = bothWays(cell, second, hidden)
    const [loss, d] = lossOf(out, y)
    const [g2, dHidden] = backSecond(d)
    return [loss, [backFirst(dHidden())[0], g2]]
  }
}
