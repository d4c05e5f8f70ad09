// The product over axes. Its derivative multiplies what stands before an element with what stands behind it, so that it
// is exact with zeros; hence its own file, above the running products.
import { ReduceOp } from '../../assembly/format.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { mul } from './arithmetic.js'
import { cast } from './cast.js'
import { cumprodPrimitive, shifted } from './cumulate.js'
import { absolute, type Laws, values } from './laws.js'
import { asRows, drawAxes, fold, type ReduceOptions, type ReduceParams, reduce, reduction, sumAxes } from './reduce.js'

export const prodPrimitive = reduction(
  'prod',
  { float32: ReduceOp.ProdF32, int32: ReduceOp.ProdI32, uint32: ReduceOp.ProdI32 },
  {
    jvp([x], [dx], _results, { axes }) {
      const rows = asRows(x, axes)
      const axis = rows.rank - 1
      const others = [false, true].map(reverse => {
        const params = { axis, reverse }
        return shifted(bind1(cumprodPrimitive, [rows], params), params, 1)
      })
      return [sumAxes(mul(asRows(dx!, axes), mul(others[0], others[1])), [axis])]
    },
    transpose: null,
  },
)

/**
 * The product over `axis` (all axes by default); 1 of nothing; integers wrap. The gradient is exact with zeros too.
 * @example
 * prod(tensor([2, 3, 4])) // 24
 * grad(prod)(tensor([2, 0, 4])) // [0, 8, 0]
 */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('prod', x)
  return reduce('prod', prodPrimitive, x.dtype === 'bool' ? cast(x, 'int32') : x, options)
}

export const prodLaws: Laws<ReduceParams> = {
  primitive: prodPrimitive,
  tolerance: 32,
  reference: ([x], { axes }) => [fold(x, axes, 1, x.dtype === 'float32' ? (a, b) => a * b : Math.imul)],
  magnitude: ([x], { axes }) => [fold(absolute(x), axes, 1, (a, b) => a * b)],
  draw(draw) {
    const shape = draw.shape({ maxRank: 3 })
    const dtype = draw.pick(['float32', 'float32', 'int32', 'uint32'] as const)
    return { inputs: [values(draw, shape, dtype, -1.5, 1.5)], params: { axes: drawAxes(draw, shape) } }
  },
}
