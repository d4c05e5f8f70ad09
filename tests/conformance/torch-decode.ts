// The `decode` family: tables of logits by the last token, or by place and last token.

import { beam, greedy, logLikelihood, type Step } from '../../ts/decode/index.js'
import { add, expandDims, jit, type Tensor, take, tensor } from '../../ts/index.js'
import { type Handler, nameOf } from './torch-handler.js'
import type { Named } from './torch-models.js'
import { type Case, compare, toTensor } from './vectors.js'

const stepOf =
  (logits: Tensor): Step<Tensor> =>
  (place, token) => [add(place, 1), take(logits.rank === 3 ? take(logits, place) : logits, token)]

const search = (c: Case, logits: Tensor): Named<Tensor> => {
  const { max_length: length, eos: end, bos, alpha: lengthPenalty, beam: width, variant: pruning, top } = c.attrs
  const prompt = tensor([bos], { dtype: 'int32' })
  const start = tensor(0, { dtype: 'int32' })
  const step = stepOf(logits)
  if (nameOf(c).endsWith('greedy')) {
    const tokens = greedy(step, start, prompt, { length, end })[1]
    const found = logLikelihood(step, start, prompt, tokens, { end })
    const [lengths, logp] = [found.length, found.logProbability].map(value => expandDims(value, 0))
    return { tokens: expandDims(tokens, 0), lengths, logp, score: logp }
  }
  // A beam that leaves nothing out sees every sequence.
  const breadth = top === undefined ? { width } : { width: (c.attrs.vocabulary - 1) ** length, results: top }
  const found = beam(step, start, prompt, { length, end, lengthPenalty, pruning, ...breadth })
  return { tokens: found.tokens, lengths: found.lengths, logp: found.logProbabilities, score: found.scores }
}

/** The first texts, as many as are expected, with -1 behind their ends. */
function padded(c: Case, { tokens, lengths, logp, score }: Named<Tensor>): Named<Tensor> {
  const count = c.outputs.score.shape[0]
  const row = c.attrs.max_length
  const text = tokens.data().map((token, i) => (i % row < lengths.data()[Math.floor(i / row)] ? token : -1))
  const first = (x: Tensor): Tensor => tensor(x.data().slice(0, count))
  if (score.data().some((value, i) => (value === Number.NEGATIVE_INFINITY) !== i >= count)) {
    throw new Error(`${c.case}: ${score.toArray()} instead of ${count} texts`)
  }
  return {
    tokens: tensor(text.slice(0, count * row), { shape: [count, row] }),
    lengths: first(lengths),
    logp: first(logp),
    score: first(score),
  }
}

export const decodeOf: Handler = c => {
  const run = (logits: Tensor) => search(c, logits)
  for (const f of [run, jit(run)]) {
    const got = padded(c, f(toTensor(c.inputs.logits)))
    for (const [name, expected] of Object.entries(c.outputs)) {
      compare(`${c.case}: ${name}`, got[name], expected, c.tolerance.outputs[name])
    }
  }
  return undefined
}
