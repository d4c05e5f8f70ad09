// The part of the `index` family that heddle's operations cover.
import {
  add,
  addAlongAxis,
  argmax,
  argsort,
  cumsum,
  div,
  einsum,
  max,
  mean,
  mul,
  neg,
  prod,
  reshape,
  scatterAdd,
  sort,
  sqrt,
  square,
  std,
  sub,
  sum,
  type Tensor,
  take,
  takeAlongAxis,
  topK,
  variance,
  vmap,
  where,
} from '../../ts/index.js'
import type { Differentiable } from './torch-handler.js'
import type { Named } from './torch-models.js'

const formulas = [
  'ij,jk->ik',
  'bij,bjk->bik',
  'bqhd,bkhd->bhqk',
  'bhqk,bkhd->bqhd',
  'bi,ijk,bk->bj',
  'i,j->ij',
  'bij->bji',
  'ii->i',
  'bsd,d->bs',
]

const largest = (x: Tensor, k: number): Named<Tensor> => {
  const [values, indices] = topK(x, k)
  return { values, indices }
}

/** What of the `index` family there is. */
export const indexing: Named<Differentiable> = {
  broadcast: ({ x, y2, z }) => ({ y: sub(add(mul(x, y2), z), div(x, add(1, square(y2)))) }),
  gather_dim0: ({ x, index }) => ({ y: takeAlongAxis(x, index, 0) }),
  gather_dim1: ({ x, index }) => ({ y: takeAlongAxis(x, index, 1) }),
  take: ({ x, index }) => ({ y: take(reshape(x, [x.size]), index) }),
  index_select_dim0: ({ x, index }) => ({ y: take(x, index) }),
  index_select_dim1: ({ x, index }) => ({ y: take(x, index, 1) }),
  index_add_dim0: ({ x, index, src }) => ({ y: scatterAdd(x, index, mul(0.5, src)) }),
  index_add_dim1: ({ x, index, src }) => ({ y: vmap(scatterAdd, [0, null, 0])(x, index, mul(0.5, src)) }),
  scatter_add: ({ x, index, src }) => ({ y: addAlongAxis(x, index, src) }),
  max_dim: ({ x }) => ({ values: max(x, { axis: 1 }), indices: argmax(x, 1) }),
  where_masked_fill: ({ x, y2, mask }) => ({ y: add(where(mask, -2, x), where(mask, x, y2)) }),
  ...Object.fromEntries(
    formulas.map((formula, i) => [
      `einsum${i}`,
      values => ({ y: einsum(formula, ...'abc'.split('').flatMap(x => values[x] ?? [])) }),
    ]),
  ),
  cumsum_dim0: ({ x }) => ({ y: cumsum(x, { axis: 0 }) }),
  cumsum_dim1: ({ x }) => ({ y: cumsum(x, { axis: 1 }) }),
  cumsum_long: ({ x }) => ({ y: cumsum(x) }),
  reductions: ({ x }) => ({
    mean: mean(x, { axis: 1 }),
    var: variance(x, { axis: 1, correction: 1 }),
    std: std(x, { axis: 1 }),
    sum: sum(x, { axis: 1 }),
    prod: prod(x, { axis: 1 }),
    norm: sqrt(sum(square(x))),
  }),
  sort_asc: ({ x }) => ({ values: sort(x), indices: argsort(x) }),
  sort_desc: ({ x }) => ({ values: sort(x, { descending: true }), indices: argsort(x, { descending: true }) }),
  sort_stable_ties: ({ x }) => ({ values: sort(x), indices: argsort(x) }),
  topk_1_largest: ({ x }) => largest(x, 1),
  topk_2_smallest: ({ x }) => {
    const { values, indices } = largest(neg(x), 2)
    return { values: neg(values), indices }
  },
  topk_3_largest: ({ x }) => largest(x, 3),
}
