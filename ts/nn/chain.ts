// Layers one after the other.

import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { split } from '../ops/random.js'
import { evalShape, type Spec } from '../transforms/eval-shape.js'
import type { Layer, Mode, ParamsOf } from './layer.js'

/** A layer, or a function of one tensor, which is a layer without parameters. */
// biome-ignore lint/suspicious/noExplicitAny: layers of all parameter types stand in one list
type Link = Layer<any, any, any> | ((x: Tensor) => Tensor)

/** One entry for each link: its parameters, null for a function. */
export type ChainParams<L extends readonly Link[]> = { -readonly [K in keyof L]: ParamsOf<L[K]> }

type InputOf<L extends readonly Link[]> = L extends readonly [Layer<never, infer X, unknown>, ...unknown[]] ? X : Tensor

type OutputOf<L extends readonly Link[]> = L extends readonly [...unknown[], Layer<never, never, infer Y>] ? Y : Tensor

/**
 * Layers one after the other; plain functions of a tensor (`relu`, `x => mul(x, 2)`) are layers too. `init` finds each
 * layer's input by tracing those before it, and returns a list with the parameters of each (null for a function).
 * @example
 * const model = chain(dense(128), relu, dense(10))
 * const params = model.init(random.key(0), { shape: [784] })
 * model.apply(params, ones([784])).shape // [10]
 * vmap((x: Tensor) => model.apply(params, x))(ones([32, 784])).shape // [32, 10]
 */
export function chain<const L extends readonly Link[]>(...links: L): Layer<ChainParams<L>, InputOf<L>, OutputOf<L>> {
  links.forEach((link, i) => {
    if (typeof link === 'function' || (typeof link?.init === 'function' && typeof link.apply === 'function')) return
    throw typeError(`chain: argument ${i + 1} is neither a layer ({ init, apply }) nor a function`)
  })
  return {
    init(key, input) {
      const keys = links.length === 0 ? [] : split(key, links.length)
      let spec: Spec = input
      return links.map((link, i) => {
        const params = typeof link === 'function' ? null : link.init(keys[i], spec)
        if (i < links.length - 1) spec = outputSpec(link, i, params, spec)
        return params
      }) as ChainParams<L>
    },
    apply(params, x, mode) {
      if (!Array.isArray(params) || params.length !== links.length) {
        throw typeError(`chain: the parameters are not the list of ${links.length} that init returns`)
      }
      const keys = mode?.key === undefined || links.length === 0 ? [] : split(mode.key, links.length)
      return links.reduce<unknown>(
        (y, link, i) =>
          run(link, (params as unknown[])[i], y as Tensor, keys.length ? { ...mode, key: keys[i] } : mode),
        x,
      ) as OutputOf<L>
    },
  }
}

const run = (link: Link, params: unknown, x: Tensor, mode?: Mode): Tensor =>
  typeof link === 'function' ? link(x) : link.apply(params, x, mode)

/** What a link makes of an input like `spec`; what it throws says which link it was. */
function outputSpec(link: Link, index: number, params: unknown, spec: Spec): Spec {
  const output = evalShape((own: unknown, x: Tensor) => run(link, own, x))(params as never, spec)
  if (!Array.isArray((output as Spec)?.shape)) {
    throw typeError(`chain: link ${index + 1} does not return one tensor`)
  }
  return output
}
