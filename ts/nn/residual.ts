// Skip connections.

import { sameShape, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'
import { split } from '../ops/random.js'
import { checkMode, checkParams } from './check.js'
import type { Layer, ParamsOf, StatefulLayer, StateOf } from './layer.js'
import { checkLink, initialState, initLink, type Link, modeOf, runLink } from './link.js'

/** One for the layer itself, one for the way around it. */
export interface Branches<B, S> {
  body: B
  shortcut: S
}

const identity = (x: Tensor): Tensor => x

/**
 * `body(x) + shortcut(x)`: a layer or function with a way around it, which is the input itself where none is given (He et
 * al. 2016, equations 1 and 2). Throws where both do not give one shape.
 * @example
 * const block = residual(chain(dense(8), relu, dense(8)))
 * const params = block.init(random.key(0), { shape: [8] })
 * block.apply(params, ones([8])).shape // [8]
 */
export function residual<const B extends Link, const S extends Link = Layer<null>>(
  body: B,
  shortcut: S = identity as unknown as S,
): StatefulLayer<Branches<ParamsOf<B>, ParamsOf<S>>, Branches<StateOf<B>, StateOf<S>>> {
  checkLink('residual: argument 1', body)
  checkLink('residual: argument 2', shortcut)
  const layer: StatefulLayer<Branches<unknown, unknown>, Branches<unknown, unknown>> = {
    init(key, input) {
      const [bodyKey, shortcutKey] = split(key)
      return { body: initLink(body, bodyKey, input), shortcut: initLink(shortcut, shortcutKey, input) }
    },
    initState: input => ({ body: initialState(body, input), shortcut: initialState(shortcut, input) }),
    run(params, x, mode) {
      checkParams('residual', params, ['body', 'shortcut'])
      checkMode('residual', mode)
      const keys: (Tensor | undefined)[] = mode?.key === undefined ? [] : split(mode.key)
      const [first, y] = runLink('residual: the body', body, params.body, x, modeOf(mode, keys[0], mode?.state?.body))
      const [second, z] = runLink(
        'residual: the shortcut',
        shortcut,
        params.shortcut,
        x,
        modeOf(mode, keys[1], mode?.state?.shortcut),
      )
      if (!sameShape(y.shape, z.shape)) {
        throw typeError(`residual: the body gives shape ${showShape(y.shape)}, the shortcut ${showShape(z.shape)}`)
      }
      return [{ body: first, shortcut: second }, add(y, z)]
    },
    apply: (params, x, mode) => layer.run(params, x, mode as { state: Branches<unknown, unknown> })[1],
  }
  return layer as StatefulLayer<Branches<ParamsOf<B>, ParamsOf<S>>, Branches<StateOf<B>, StateOf<S>>>
}
