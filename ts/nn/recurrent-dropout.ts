// Regularisation through time: masks that last for a sequence, and states that stay as they were.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { flatten, treeMap, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { bernoulli, foldIn, split } from '../ops/random.js'
import { where } from '../ops/where.js'
import type { Cell } from './cell.js'
import { checkRate, keyOf } from './check.js'
import { drop } from './dropout.js'
import { checkCell } from './recurrent.js'

/** Probabilities with which elements are dropped (0). */
export interface VariationalDropoutOptions {
  /** Of the inputs. */
  input?: number
  /** Of what the cell's products read of its state. */
  state?: number
  /** Of the outputs. */
  output?: number
}

/**
 * `cell` with dropout whose masks are the same at all steps of a sequence (Gal and Ghahramani 2016): what stays is divided
 * by the probability to stay. Only while training (`{ train: true, key }`, under `vmap` a key for each example); the state
 * that the cell carries on is whole, what its products read of it is not. Throws where `state` is given and the cell does
 * not read its state through `readState`.
 * @example
 * const layer = recurrent(variationalDropout(lstmCell(64), { input: 0.2, state: 0.3 }))
 * const xs = ones([2, 10, 8])
 * const params = layer.init(random.key(0), { shape: [10, 8] })
 * const train = vmap((x: Tensor, key: Tensor) => layer.apply(params, x, { train: true, key }))
 * train(xs, stack(random.split(random.key(1)))).shape // [2, 10, 64]
 */
export function variationalDropout<P, C>(cell: Cell<P, C>, options: VariationalDropoutOptions): Cell<P, C> {
  checkCell('variationalDropout', cell)
  checkOptions('variationalDropout', options, { input: 1, state: 1, output: 1 })
  const { input = 0, state = 0, output = 0 } = options
  for (const [name, rate] of Object.entries({ input, state, output })) checkRate('variationalDropout', name, rate)
  return {
    init: (key, spec) => cell.init(key, spec),
    initialCarry: (params, spec) => cell.initialCarry(params, spec),
    apply(params, carry, x, mode) {
      if (!mode?.train) return cell.apply(params, carry, x, mode)
      const [kx, kh, ky, key] = split(keyOf('variationalDropout', mode), 4)
      let isRead = state === 0
      const read = (h: Tensor): Tensor => {
        isRead = true
        return drop(h, kh, state)
      }
      const [next, y] = cell.apply(params, carry, drop(x, kx, input), { ...mode, key, ...(state > 0 ? { read } : {}) })
      if (isRead) return [next, drop(y, ky, output)]
      throw typeError('variationalDropout: the cell does not read its state through readState: `state` has no effect')
    },
  }
}

/** One probability for the whole carry, or one for each of its leaves. */
export type ZoneoutRates<C> = number | (C extends Tensor ? number : { readonly [K in keyof C]: ZoneoutRates<C[K]> })

/**
 * `cell` whose carry stays as it was, element by element with a probability of `rates`, while training
 * (`{ train: true, key }`); otherwise it moves by the mean, rates * before + (1 - rates) * after: Krueger et al. 2017. An
 * output that is part of the carry is part of the new one. Throws where the rates do not fit the carry.
 * @example
 * const layer = recurrent(zoneout(lstmCell(64), { h: 0.05, c: 0.5 }))
 * const params = layer.init(random.key(0), { shape: [10, 8] })
 * layer.apply(params, zeros([10, 8]), { train: true, key: random.key(1) }).shape // [10, 64]
 */
export function zoneout<P, C>(cell: Cell<P, C>, rates: ZoneoutRates<C>): Cell<P, C> {
  checkCell('zoneout', cell)
  for (const rate of flatten(rates).leaves) checkRate('zoneout', 'a rate', rate)
  return {
    init: (key, input) => cell.init(key, input),
    initialCarry: (params, input) => cell.initialCarry(params, input),
    apply(params, carry, x, mode) {
      const [after, y] = cell.apply(params, carry, x, mode)
      const { leaves, structure } = flatten(after)
      const before = flatten(carry).leaves as Tensor[]
      const each =
        typeof rates === 'number' ? leaves.map(() => rates) : flatten(treeMap((_, rate) => rate, after, rates)).leaves
      const key = mode?.train ? keyOf('zoneout', mode) : undefined
      const own = key && mode?.step ? foldIn(key, mode.step) : key
      const mixed = (leaves as Tensor[]).map((leaf, i) => {
        const rate = each[i] as number
        if (rate === 0 || leaf.dtype !== 'float32') return leaf
        if (own === undefined) return add(mul(rate, before[i]), mul(1 - rate, leaf))
        return where(bernoulli(foldIn(own, i), rate, leaf.shape), before[i], leaf)
      })
      const place = leaves.indexOf(y)
      return [unflatten(structure, mixed) as C, place < 0 ? y : mixed[place]]
    },
  }
}
