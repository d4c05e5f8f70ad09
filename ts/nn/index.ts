/**
 * Layers, cells, activations, initialisers, losses, metrics. A layer is a pair of pure functions over its parameters, `init` and
 * `apply`, written for one example; `vmap` makes it one of many.
 * @module heddle/nn
 * @example
 * import { random, type Tensor, vmap, zeros } from 'heddle'
 * import { chain, dense, embedding, lstmCell, recurrent } from 'heddle/nn'
 * const model = chain(embedding(65, 32), recurrent(lstmCell(64)), dense(65))
 * const params = model.init(random.key(0), { shape: [20], dtype: 'int32' })
 * const logits = vmap((ids: Tensor) => model.apply(params, ids))(zeros([8, 20], 'int32'))
 * logits.shape // [8, 20, 65]
 */
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
  type Attended,
  type AttendOptions,
  type Attention,
  type AttentionOptions,
  type BahdanauParams,
  bahdanauAttention,
  type ConcatParams,
  type GeneralParams,
  type LuongOptions,
  type LuongScore,
  luongAttention,
} from './alignment.js'
export {
  attentionWeights,
  type KeyValues,
  type MultiHeadAttention,
  type MultiHeadMode,
  type MultiHeadOptions,
  type MultiHeadParams,
  multiHeadAttention,
} from './attention.js'
export {
  type BlockMode,
  type BlockOptions,
  type DecoderBlock,
  type DecoderBlockParams,
  type DecoderMode,
  decoderBlock,
  type EncoderBlock,
  type EncoderBlockParams,
  encoderBlock,
  type FeedForwardOptions,
  type FeedForwardParams,
  feedForward,
} from './blocks.js'
export {
  type Cell,
  type CellOptions,
  type CellParams,
  type CellRun,
  type GatedOptions,
  readState,
  type StepMode,
} from './cell.js'
export { type ChainParams, type ChainState, chain } from './chain.js'
export {
  type BatchNormOptions,
  batchNorm,
  type ChannelNormOptions,
  groupNorm,
  instanceNorm,
  type LocalResponseOptions,
  localResponseNorm,
  type RunningStatistics,
} from './channel-norm.js'
export {
  type ConvLayerOptions,
  type ConvParams,
  type ConvTransposeLayerOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './conv.js'
export { convLstmCell } from './conv-lstm-cell.js'
export {
  type AlexNetOptions,
  alexNet,
  type LeNetOptions,
  leNet,
  type Network,
  type ResNetOptions,
  resNet,
} from './convnets.js'
export { type CtcOptions, ctcLoss } from './ctc.js'
export {
  type AttendingParams,
  bahdanauDecoder,
  type Decoded,
  type Decoder,
  type LuongCarry,
  type LuongDecoderOptions,
  type LuongParams,
  luongDecoder,
  type Memory,
  type MemorySpec,
  type PlainParams,
  plainDecoder,
  type QueryOptions,
} from './decoders.js'
export { type DenseOptions, type DenseParams, dense } from './dense.js'
export { type DropoutOptions, dropout } from './dropout.js'
export { embedding } from './embedding.js'
export {
  type Encoder,
  type EncoderDecoder,
  type EncoderDecoderOptions,
  type EncoderDecoderParams,
  encoderDecoder,
  type Taught,
  type TeacherOptions,
} from './encoder-decoder.js'
export { type Gpt, type GptOptions, type GptParams, gpt, type TransformerCarry } from './gpt.js'
export { choGruCell, type GruParams, gruCell, layerNormGruCell, mguCell, type NormGruParams } from './gru-cell.js'
/** How weights start: functions of a key and a shape. */
export * as initializers from './initializers.js'
export type { Layer, Mode, ParamsOf, StatefulLayer, StateOf } from './layer.js'
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
  coupledLstmCell,
  type LstmCarry,
  type LstmOptions,
  layerNormLstmCell,
  lstmCell,
  type NormLstmParams,
  type PeepholeParams,
  peepholeLstmCell,
} from './lstm-cell.js'
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
export { layerNorm, type NormOptions, type NormParams, rmsNorm, standardize } from './norm.js'
export { globalMaxPool, globalMeanPool, maxPool, meanPool } from './pooling.js'
export {
  type AngleOptions,
  learnedPositions,
  type Positions,
  rotary,
  sinusoidal,
  sinusoidalPositions,
} from './positions.js'
export {
  cosineEmbedding,
  cosineSimilarity,
  hinge,
  marginRanking,
  softMargin,
  tripletMargin,
} from './ranking.js'
export {
  type BidirectionalOptions,
  type BothWays,
  bidirectional,
  type Recurrent,
  type RecurrentOptions,
  type RunOptions,
  recurrent,
  rollout,
} from './recurrent.js'
export {
  type VariationalDropoutOptions,
  variationalDropout,
  type ZoneoutRates,
  zoneout,
} from './recurrent-dropout.js'
export { type Branches, residual } from './residual.js'
export { rnnCell } from './rnn-cell.js'
export { maxNorm, repeatVector, type TimeOptions, timeDistributed } from './sequence.js'
export { residualCell, type StackedCarry, type StackedParams, stacked } from './stacked.js'
export { type Transformer, type TransformerOptions, type TransformerParams, transformer } from './transformer.js'
