// heddle/decode: letting a model speak, in one compiled loop.
export { greedy, type SampleOptions, type SpeakOptions, type Step, sample } from './sample.js'
