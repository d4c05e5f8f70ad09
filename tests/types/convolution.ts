// Convolutional networks keep the types of parameters and states through chains, skip connections and named vmaps.
import { grad, pmean, type Tensor, vmap } from 'heddle'
import {
  batchNorm,
  chain,
  conv2d,
  dense,
  dropout,
  globalMeanPool,
  groupNorm,
  instanceNorm,
  type Layer,
  type NormParams,
  type ParamsOf,
  type RunningStatistics,
  relu,
  residual,
  type StateOf,
} from 'heddle/nn'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

const body = chain(conv2d(8, 3, { padding: 1, bias: false }), batchNorm(), relu)
const model = chain(residual(body), dropout(0.5), globalMeanPool, dense(10))
const params = model.init(key, x)
is<{ w: Tensor }>()(params[0].body[0])
is<Tensor>()(params[0].body[1].scale)
is<null>()(params[0].shortcut)
is<null>()(params[1])
const state: StateOf<typeof model> = model.initState(x)
is<RunningStatistics>()(state[0].body[1])
is<null>()(state[3])
const [next, y] = model.run(params, x, { state, train: true, key })
is<typeof state>()(next)
is<Tensor>()(y)
// @ts-expect-error the state of another layer
model.run(params, x, { state: next[0] })
// @ts-expect-error a layer without bias
params[0].body[0].b
is<ParamsOf<typeof model>>()(grad((p: typeof params) => model.apply(p, x, { state }))(params))

const batched = vmap((p: typeof params, own: Tensor) => model.run(p, own, { state }), [null, 0], [null, 0], {
  axisName: 'batch',
})
is<[typeof state, Tensor]>()(batched(params, x))
is<Tensor>()(vmap((own: Tensor) => pmean(own, 'batch'), [0], null, { axisName: 'batch' })(x))
is<null>()(batchNorm({ affine: false }).init(key, x))
is<null>()(instanceNorm({ affine: false }).init(key, x))
const plain: Layer<ParamsOf<typeof body>> = body
is<null>()(null as StateOf<Layer<null>>)
plain.apply(params[0].body, x)

// What is decided at run time.
declare const flag: boolean
is<{ w: Tensor; b?: Tensor }>()(dense(2, { bias: flag }).init(key, x))
is<{ w: Tensor; b?: Tensor }>()(conv2d(2, 3, { bias: flag }).init(key, x))
is<NormParams | null>()(groupNorm(2, { affine: flag }).init(key, x))
is<NormParams | null>()(instanceNorm({ affine: flag }).init(key, x))
is<NormParams | null>()(batchNorm({ affine: flag }).init(key, x))
