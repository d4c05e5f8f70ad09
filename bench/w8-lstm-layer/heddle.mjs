import { lstmCell } from '../../build/bench/workloads.js'
import { jit, scan, tensor, vmap, zeros } from '../../build/ts/index.js'
import { mapLeaves } from '../lib/data.mjs'
import { cases } from './layer.mjs'

const toTensor = ({ data, shape }) => tensor(data, { shape })

/** The layer for one example: [T, E] -> [T, H]. */
function layer(p, xs) {
  const [H] = p.wh.shape
  const [, hs] = scan((carry, x) => lstmCell(p, carry, x), { h: zeros([H]), c: zeros([H]) }, xs)
  return hs
}

export const prepare = only =>
  cases(only, (_, weights, inputs) => {
    const forward = jit(vmap(layer, [null, 1], 1))
    const p = mapLeaves(toTensor, weights)
    const xs = toTensor(inputs)
    return { run: () => void forward(p, xs), read: () => forward(p, xs).data() }
  })
