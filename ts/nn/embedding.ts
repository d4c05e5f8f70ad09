// Tables of vectors that ids look up.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { take } from '../ops/take.js'
import { checkCount, checkFunctions, checkIds, checkParams, drawn } from './check.js'
import { type Initializer, normal } from './initializers.js'
import type { Layer } from './layer.js'

/**
 * The row of a table `w` [vocabulary, size] for each id: integers [...] -> [..., size]. Ids outside are clamped. The
 * table starts normal with deviation 1 (PyTorch). Throws at `init` if the input is not of integers.
 * @example
 * const model = chain(embedding(65, 16), recurrent(lstmCell(32)), dense(65))
 * const params = model.init(random.key(0), { shape: [50], dtype: 'int32' })
 * model.apply(params, zeros([50], 'int32')).shape // [50, 65]
 */
export function embedding(
  vocabulary: number,
  size: number,
  options: { init?: Initializer } = {},
): Layer<{ w: Tensor }> {
  checkOptions('embedding', options, { init: 1 })
  const { init = normal() } = options
  checkCount('embedding', 'vocabulary', vocabulary)
  checkCount('embedding', 'size', size)
  checkFunctions('embedding', options)
  return {
    init(key, input) {
      checkIds('embedding', input)
      return { w: drawn('embedding', init, key, [vocabulary, size]) }
    },
    apply: (params, ids) => take(checkParams('embedding', params, ['w']).w, ids),
  }
}
