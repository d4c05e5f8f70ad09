// What the families of PyTorch's vectors share: what a handler is, and trees of names.
import { mul, reshape, split, type Tensor } from '../../ts/index.js'
import { carryOf, type Named, overBatch, torchCell } from './torch-models.js'
import type { Case } from './vectors.js'

export type Differentiable = (values: Named<Tensor>) => Named<Tensor>
/** A function to compare, or nothing where the handler has compared already. */
export type Handler = (c: Case) => Differentiable | undefined

export const nameOf = (c: Case): string => c.case.slice(c.family.length + 1)

export const part = (values: Named<Tensor>, prefix: string, suffix = ''): Named<Tensor> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(prefix) && name.endsWith(suffix)
        ? [[name.slice(prefix.length, name.length - suffix.length), value]]
        : [],
    ),
  )

export const withPrefix = (prefix: string, values: Named<Tensor>, suffix = ''): Named<Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}${suffix}`, value]))

export const unravel = (flat: Tensor, like: Named<Tensor>, order: string[]): Named<Tensor> => {
  const parts = split(
    flat,
    order.map(name => like[name].size),
  )
  return Object.fromEntries(order.map((name, i) => [name, reshape(parts[i], like[name].shape)]))
}

/** The outputs of a recurrent layer over [T, B, D] from h0 and c0 = 0. */
export const layerOutputs = (kind: string, p: Named<Tensor>, x: Tensor, h0: Tensor): Tensor =>
  overBatch(torchCell(kind, p, '', ''), carryOf(kind, h0, mul(h0, 0)), x)[1]

export const mapValues = (values: Named<Tensor>, f: (value: Tensor, name: string) => Tensor): Named<Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value, name)]))
