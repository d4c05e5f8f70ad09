// heddle/nn: layers, cells, activations, initialisers, losses.
export {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  mish,
  relu,
  selu,
  silu,
  softplus,
  softsign,
} from './activations.js'
export {
  type Cell,
  type CellOptions,
  type CellParams,
  type GruParams,
  gruCell,
  type LstmCarry,
  lstmCell,
  rnnCell,
} from './cells.js'
export { type ChainParams, chain } from './chain.js'
export { type DenseOptions, type DenseParams, dense } from './dense.js'
export { embedding } from './embedding.js'
export * as initializers from './initializers.js'
export type { Layer, Mode, ParamsOf } from './layer.js'
export {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  huber,
  meanAbsoluteError,
  meanSquaredError,
} from './losses.js'
export { layerNorm, type NormOptions, type NormParams, standardize } from './norm.js'
export { type RecurrentOptions, recurrent } from './recurrent.js'
