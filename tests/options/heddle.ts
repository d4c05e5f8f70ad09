// heddle itself.
import { f2, f23, h, i2 } from '../errors/given.js'
import type { Rows } from './rows.js'

const image = h.ones([1, 4, 4])
const kernel = h.ones([1, 1, 2, 2])
const identity = (x: unknown): unknown => x

export const heddleRows: Rows = {
  all: options => h.all(f23, options),
  any: options => h.any(f23, options),
  argmaxPool: options => h.argmaxPool(image, 2, options),
  argsort: options => h.argsort(f23, options),
  conv1d: options => h.conv1d(h.ones([1, 4]), h.ones([1, 1, 2]), options),
  conv2d: options => h.conv2d(image, kernel, options),
  conv3d: options => h.conv3d(h.ones([1, 2, 2, 2]), h.ones([1, 1, 1, 1, 1]), options),
  convTranspose1d: options => h.convTranspose1d(h.ones([1, 4]), h.ones([1, 1, 2]), options),
  convTranspose2d: options => h.convTranspose2d(image, kernel, options),
  convTranspose3d: options => h.convTranspose3d(h.ones([1, 2, 2, 2]), h.ones([1, 1, 1, 1, 1]), options),
  countNonzero: options => h.countNonzero(f23, options),
  cummax: options => h.cummax(f23, options),
  cummin: options => h.cummin(f23, options),
  cumprod: options => h.cumprod(f23, options),
  cumsum: options => h.cumsum(f23, options),
  'debug.nans': options => h.debug.nans(identity, options),
  diagonal: options => h.diagonal(f23, options),
  dotGeneral: options => h.dotGeneral(f23, f23, options),
  grad: options => h.grad(identity, options),
  jit: options => h.jit(identity, options),
  logsumexp: options => h.logsumexp(f23, options),
  lpPool: options => h.lpPool(image, 2, options),
  max: options => h.max(f23, options),
  maxPool: options => h.maxPool(image, 2, options),
  mean: options => h.mean(f23, options),
  meanPool: options => h.meanPool(image, 2, options),
  meshgrid: options => h.meshgrid([f2, f2], options),
  min: options => h.min(f23, options),
  nanToNum: options => h.nanToNum(f23, options),
  norm: options => h.norm(f23, options),
  oneHot: options => h.oneHot(i2, 3, options),
  prod: options => h.prod(f23, options),
  scaledDotProductAttention: options => h.scaledDotProductAttention(f23, f23, f23, options),
  scan: options => h.scan((carry: unknown, x: unknown) => [carry, x], f2, f23, options),
  searchsorted: options => h.searchsorted(f2, f23, options),
  sort: options => h.sort(f23, options),
  std: options => h.std(f23, options),
  sum: options => h.sum(f23, options),
  tensor: options => h.tensor([1, 2], options),
  trace: options => h.trace(f23, options),
  valueAndGrad: options => h.valueAndGrad(identity, options),
  variance: options => h.variance(f23, options),
  vmap: options => h.vmap(identity, 0, 0, options),
  windows: options => h.windows(f2, 1, options),
}
