// The part of the `index` family that heddle's operations cover.
import {
  add,
  argmax,
  at,
  div,
  dotGeneral,
  eye,
  matmul,
  max,
  mul,
  outer,
  reshape,
  scatterAdd,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  take,
  transpose,
  vmap,
  where,
} from '../../ts/index.js'
import type { Differentiable } from './torch-handler.js'
import type { Named } from './torch-models.js'

/** What of the `index` family there is. */
export const indexing: Named<Differentiable> = {
  broadcast: ({ x, y2, z }) => ({ y: sub(add(mul(x, y2), z), div(x, add(1, square(y2)))) }),
  gather_dim0: ({ x, index }) => ({
    y: stack(
      range(6).map(i => take(at(x, i, 1), at(index, i, 1))),
      1,
    ),
  }),
  gather_dim1: ({ x, index }) => ({ y: vmap((row: Tensor, i: Tensor) => take(row, i))(x, index) }),
  take: ({ x, index }) => ({ y: take(reshape(x, [x.size]), index) }),
  index_select_dim0: ({ x, index }) => ({ y: take(x, index) }),
  index_select_dim1: ({ x, index }) => ({ y: take(x, index, 1) }),
  index_add_dim0: ({ x, index, src }) => ({ y: scatterAdd(x, index, mul(0.5, src)) }),
  index_add_dim1: ({ x, index, src }) => ({ y: vmap(scatterAdd, [0, null, 0])(x, index, mul(0.5, src)) }),
  scatter_add: ({ x, index, src }) => ({ y: vmap(scatterAdd)(x, index, src) }),
  max_dim: ({ x }) => ({ values: max(x, { axis: 1 }), indices: argmax(x, 1) }),
  where_masked_fill: ({ x, y2, mask }) => ({ y: add(where(mask, -2, x), where(mask, x, y2)) }),
  einsum0: ({ a, b }) => ({ y: matmul(a, b) }),
  einsum1: ({ a, b }) => ({ y: matmul(a, b) }),
  einsum2: ({ a, b }) => ({
    y: dotGeneral(a, b, {
      contract: [[3], [3]],
      batch: [
        [0, 2],
        [0, 2],
      ],
    }),
  }),
  einsum3: ({ a, b }) => ({
    y: transpose(
      dotGeneral(a, b, {
        contract: [[3], [1]],
        batch: [
          [0, 1],
          [0, 2],
        ],
      }),
      [0, 2, 1, 3],
    ),
  }),
  einsum4: ({ a, b, c }) => ({
    y: vmap((ai: Tensor, ci: Tensor) => matmul(matmul(transpose(b, [1, 0, 2]), ci), ai))(a, c),
  }),
  einsum5: ({ a, b }) => ({ y: outer(a, b) }),
  einsum6: ({ a }) => ({ y: transpose(a, [0, 2, 1]) }),
  einsum7: ({ a }) => ({ y: sum(mul(a, eye(4)), { axis: 1 }) }),
  einsum8: ({ a, b }) => ({ y: matmul(a, b) }),
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
