// heddle/decode: letting a model speak, in one compiled loop.
export { type BeamOptions, beam, type Hypotheses } from './beam.js'
export { type Likelihood, logLikelihood } from './likelihood.js'
export type { PromptOptions, Step } from './prompt.js'
export { greedy, type SampleOptions, type SpeakOptions, sample } from './sample.js'
