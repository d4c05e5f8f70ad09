// heddle/optim, text, data, decode, train, io, plot and profile.
import * as data from '../../ts/data/index.js'
import * as decode from '../../ts/decode/index.js'
import * as io from '../../ts/io/index.js'
import * as optim from '../../ts/optim/index.js'
import * as plot from '../../ts/plot/index.js'
import * as profile from '../../ts/profile/index.js'
import * as text from '../../ts/text/index.js'
import * as train from '../../ts/train/index.js'
import { f2, f23, h, i2, key } from '../errors/given.js'
import type { Rows } from './rows.js'

// What is given on purpose is not what the types ask for.
// biome-ignore lint/suspicious/noExplicitAny: see above
const heddle = { data, decode, io, optim, plot, profile, text, train } as any

const identity = (x: unknown): unknown => x
const step = (carry: unknown): unknown => [carry, f2]
const images = h.ones([2, 4, 4])
const logits = h.zeros([1, 2, 3])

const tokens = heddle.text.tokenVocabulary([['to', 'be']])
const words = heddle.text.wordVocabulary(['to be'])
const pairs = heddle.text.bytePairs(['to be'], { size: 260 })

export const packageRows: Rows = {
  'data.addingProblem': options => heddle.data.addingProblem(key, options),
  'data.batches': options => heddle.data.batches(f23, options),
  'data.copyTask': options => heddle.data.copyTask(key, options),
  'data.encodeMidi': options => heddle.data.encodeMidi([], options),
  'data.encodeWav': options => heddle.data.encodeWav({ samples: f2, sampleRate: 8000 }, options),
  'data.logMel': options => heddle.data.logMel(f2, options),
  'data.melBands': options => heddle.data.melBands(options),
  'data.movingDigits': options => heddle.data.movingDigits(key, images, options),
  'data.padSequences': options => heddle.data.padSequences([[1, 2], [3]], options),
  'data.parseCsv': options => heddle.data.parseCsv('a,b\n1,2\n', options),
  'data.pixelSequences': options => heddle.data.pixelSequences(images, options),
  'data.spectrogram': options => heddle.data.spectrogram(f2, options),
  'data.splitExamples': options => heddle.data.splitExamples(f2, { train: 0.5, test: 0.5 }, options),
  'data.temporalOrder': options => heddle.data.temporalOrder(key, options),
  'decode.beam': options => heddle.decode.beam(step, null, i2, options),
  'decode.ctcBeam': options => heddle.decode.ctcBeam(logits, options),
  'decode.ctcGreedy': options => heddle.decode.ctcGreedy(logits, options),
  'decode.greedy': options => heddle.decode.greedy(step, null, i2, options),
  'decode.logLikelihood': options => heddle.decode.logLikelihood(step, null, i2, i2, options),
  'decode.sample': options => heddle.decode.sample(step, null, i2, options),
  'io.loadInto': options => heddle.io.loadInto({ w: f2 }, { w: f2 }, options),
  'optim.adadelta': options => heddle.optim.adadelta(1, options),
  'optim.adagrad': options => heddle.optim.adagrad(0.1, options),
  'optim.adam': options => heddle.optim.adam(0.1, options),
  'optim.adamw': options => heddle.optim.adamw(0.1, options),
  'optim.addDecayedWeights': options => heddle.optim.addDecayedWeights(0.1, options),
  'optim.applyIfFinite': options => heddle.optim.applyIfFinite(optim.sgd(0.1), options),
  'optim.clipByGlobalNorm': options => heddle.optim.clipByGlobalNorm(1, options),
  'optim.ema': options => heddle.optim.ema(0.9, options),
  'optim.exponentialDecay': options => heddle.optim.exponentialDecay(1, options),
  'optim.lion': options => heddle.optim.lion(0.1, options),
  'optim.nadam': options => heddle.optim.nadam(0.1, options),
  'optim.oneCycleSchedule': options => heddle.optim.oneCycleSchedule(1, 100, options),
  'optim.rmsprop': options => heddle.optim.rmsprop(0.1, options),
  'optim.scaleByAdam': options => heddle.optim.scaleByAdam(options),
  'optim.scaleByRms': options => heddle.optim.scaleByRms(options),
  'optim.sgd': options => heddle.optim.sgd(0.1, options),
  'optim.sgdrSchedule': cycle => heddle.optim.sgdrSchedule([cycle]),
  'optim.trace': options => heddle.optim.trace(options),
  'optim.warmupCosineDecaySchedule': options => heddle.optim.warmupCosineDecaySchedule(options),
  'plot.curves': options => heddle.plot.curves([], options),
  'plot.gradientFlowPlot': options => heddle.plot.gradientFlowPlot({}, options),
  'plot.heatMap': options => heddle.plot.heatMap([[1]], options),
  'plot.learningCurves': options => heddle.plot.learningCurves([], options),
  'profile.profile': options => heddle.profile.profile(identity, options),
  'text.bleu': options => heddle.text.bleu([['a']], [[['a']]], options),
  'text.bucketByLength': options => heddle.text.bucketByLength([1, 2], options),
  'text.bytePairs': options => heddle.text.bytePairs(['to be'], options),
  'text.bytePairs().decode': options => pairs.decode([97], options),
  'text.bytePairs().encode': options => pairs.encode('to', options),
  'text.characterVocabulary': options => heddle.text.characterVocabulary('to be', options),
  'text.streamWindows': options => heddle.text.streamWindows(h.arange(9), options),
  'text.tokenVocabulary': options => heddle.text.tokenVocabulary([['to', 'be']], options),
  'text.tokenVocabulary().decode': options => tokens.decode([0], options),
  // Before what is wrong with the tokens.
  'text.tokenVocabulary().encode': options => tokens.encode(['or'], options),
  'text.wordVocabulary': options => heddle.text.wordVocabulary(['to be'], options),
  'text.wordVocabulary().decode': options => words.decode([0], options),
  'text.wordVocabulary().encode': options => words.encode('or', options),
  'train.fit': options => heddle.train.fit(step, f2, options).next(),
  'train.progressBar': options => heddle.train.progressBar(options),
  'train.tbptt': options => heddle.train.tbptt(step, identity, options),
}
