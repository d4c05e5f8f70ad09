// Layers one after the other.

import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { split } from '../ops/random.js'
import type { Spec } from '../transforms/eval-shape.js'
import { checkMode } from './check.js'
import type { Layer, ParamsOf, StatefulLayer, StateOf } from './layer.js'
import { checkLink, initialState, initLink, type Link, modeOf, outputSpec, paramSpecs, runLink } from './link.js'

/** One entry for each link: its parameters, null for a function. */
export type ChainParams<L extends readonly Link[]> = { -readonly [K in keyof L]: ParamsOf<L[K]> }

/** One entry for each link: its state, null for what has none. */
export type ChainState<L extends readonly Link[]> = { -readonly [K in keyof L]: StateOf<L[K]> }

type InputOf<L extends readonly Link[]> = L extends readonly [Layer<never, infer X, unknown>, ...unknown[]] ? X : Tensor

type OutputOf<L extends readonly Link[]> = L extends readonly [...unknown[], Layer<never, never, infer Y>] ? Y : Tensor

/**
 * Layers one after the other; plain functions of a tensor (`relu`, `x => mul(x, 2)`) are layers too. `init` finds each
 * layer's input by tracing those before it, and returns a list with the parameters of each (null for a function). States
 * of layers that have one (`batchNorm`) are such a list too.
 * @example
 * const model = chain(dense(128), relu, dense(10))
 * const params = model.init(random.key(0), { shape: [784] })
 * model.apply(params, ones([784])).shape // [10]
 * vmap((x: Tensor) => model.apply(params, x))(ones([32, 784])).shape // [32, 10]
 */
export function chain<const L extends readonly Link[]>(
  ...links: L
): StatefulLayer<ChainParams<L>, ChainState<L>, InputOf<L>, OutputOf<L>> {
  links.forEach((link, i) => {
    checkLink(`chain: argument ${i + 1}`, link)
  })
  /** What each link is given, from what the first one is. */
  const inputs = (input: Spec, paramsOf: (link: Link, spec: Spec, i: number) => unknown): Spec[] => {
    let spec = input
    return links.map((link, i) => {
      const own = spec
      const params = paramsOf(link, own, i)
      if (i < links.length - 1) spec = outputSpec(`chain: link ${i + 1}`, link, params, own)
      return own
    })
  }
  const layer: StatefulLayer<unknown, unknown> = {
    init(key, input) {
      const keys = links.length === 0 ? [] : split(key, links.length)
      const params: unknown[] = []
      inputs(input, (link, spec, i) => {
        params[i] = initLink(link, keys[i], spec)
        return params[i]
      })
      return params
    },
    initState(input) {
      const specs = inputs(input, paramSpecs)
      return links.map((link, i) => initialState(link, specs[i]))
    },
    run(params, x, mode) {
      checkList('parameters', 'init', params)
      checkMode('chain', mode)
      const states = mode?.state == null ? [] : checkList('state', 'initState', mode.state)
      const keys = mode?.key === undefined || links.length === 0 ? [] : split(mode.key, links.length)
      let y = x
      const next = links.map((link, i) => {
        const [after, out] = runLink(
          `chain: link ${i + 1}`,
          link,
          (params as unknown[])[i],
          y,
          modeOf(mode, keys[i], states[i]),
        )
        y = out
        return after
      })
      return [next, y]
    },
    apply: (params, x, mode) => layer.run(params, x, mode as { state: unknown })[1],
  }
  function checkList(what: string, maker: string, list: unknown): readonly unknown[] {
    if (Array.isArray(list) && list.length === links.length) return list
    throw typeError(
      `chain: the ${what} ${what === 'state' ? 'is' : 'are'} not the list of ${links.length} that ${maker} returns`,
    )
  }
  return layer as unknown as StatefulLayer<ChainParams<L>, ChainState<L>, InputOf<L>, OutputOf<L>>
}
