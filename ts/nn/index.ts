// heddle/nn: layers, cells, activations, initialisers, losses, metrics.
export {
  celu,
  elu,
  gelu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  silu,
  softplus,
  softShrink,
  softsign,
  swish,
  tanhShrink,
  thresholdedRelu,
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
export { type CtcOptions, ctcLoss } from './ctc.js'
export { type DenseOptions, type DenseParams, dense } from './dense.js'
export { embedding } from './embedding.js'
export * as initializers from './initializers.js'
export type { Layer, Mode, ParamsOf } from './layer.js'
export {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  gaussianNll,
  huber,
  klDivergence,
  type LabelOptions,
  type LossOptions,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
  poissonNll,
  type Reduction,
  smoothL1,
} from './losses.js'
export {
  accuracy,
  averageDisplacement,
  type ClassScores,
  classScores,
  confusionMatrix,
  finalDisplacement,
  type MetricOptions,
  perplexity,
  topKAccuracy,
} from './metrics.js'
export { layerNorm, type NormOptions, type NormParams, standardize } from './norm.js'
export {
  cosineEmbedding,
  cosineSimilarity,
  hinge,
  marginRanking,
  softMargin,
  tripletMargin,
} from './ranking.js'
export { type RecurrentOptions, recurrent } from './recurrent.js'
