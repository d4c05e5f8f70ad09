/**
 * Letting a model speak, in one compiled loop.
 * @module heddle/decode
 * @example
 * import { type Tensor, take, tensor } from 'heddle'
 * import { greedy } from 'heddle/decode'
 * const next = tensor([[0, 1], [1, 0]]) // after 0 comes 1, after 1 comes 0
 * const step = (carry: null, token: Tensor): [null, Tensor] => [carry, take(next, token)]
 * greedy(step, null, tensor([0], { dtype: 'int32' }), { length: 4 })[1] // [1, 0, 1, 0]
 */
export { type BeamOptions, beam, type Hypotheses } from './beam.js'
export { type CtcBeamOptions, type CtcDecodeOptions, type CtcHypothesis, ctcBeam, ctcGreedy } from './ctc.js'
export { type Likelihood, logLikelihood } from './likelihood.js'
export type { PromptOptions, Step } from './prompt.js'
export { greedy, type SampleOptions, type SpeakOptions, sample } from './sample.js'
