// The sub-packages speak of the same tensor type, and their types compose.
import { grad, jit, type Tensor, valueAndGrad } from 'heddle'
import { beam, ctcBeam, type Hypotheses, logLikelihood, sample } from 'heddle/decode'
import { restoreTree } from 'heddle/io'
import { classScores, ctcLoss, dense, type ParamsOf } from 'heddle/nn'
import { applyUpdates, sgd } from 'heddle/optim'
import { profile } from 'heddle/profile'
import { bytePairs, loadVocabulary, tokenVocabulary, wordVocabulary } from 'heddle/text'
import { fit } from 'heddle/train'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

const layer = dense(4)
const params = layer.init(key, x)
is<ParamsOf<typeof layer>>()(params)
is<Tensor>()(layer.apply(params, x))

const optimizer = sgd(0.1)
const state = optimizer.init(params)
const step = jit((p: typeof params, s: typeof state, input: Tensor) => {
  const [loss, gradients] = valueAndGrad((q: typeof params) => layer.apply(q, input))(p)
  const [updates, next] = optimizer.update(gradients, s, p)
  return [applyUpdates(p, updates), next, loss]
})
is<[typeof params, typeof state, Tensor]>()(step(params, state, x))
is<typeof params>()(profile(grad((q: typeof params) => layer.apply(q, x)))(params).result)
is<typeof params>()(grad((q: typeof params) => layer.apply(q, x))(params))

interface Carry {
  h: Tensor
}
const [carry, tokens] = sample((c: Carry, token) => [c, token] as const, { h: x }, x, { length: 3, key })
is<Carry>()(carry)
is<Tensor>()(tokens)
const speak = (c: Carry, token: Tensor) => [c, token] as const
is<Hypotheses>()(beam(speak, { h: x }, x, { length: 3, width: 2, lengthPenalty: x, promptLength: x }))
is<Tensor>()(logLikelihood(speak, { h: x }, x, x).logProbability)
is<Tensor>()(grad((logits: Tensor) => ctcLoss(logits, x, { inputLengths: x }))(x))
is<Tensor>()(classScores(x, { average: 'macro' }).f1)
is<number[]>()(ctcBeam(x, { width: 2 })[0][0].labels)
is<Readonly<Record<'pad' | 'eos', number>>>()(wordVocabulary([''], { special: ['pad', 'eos'] }).special)
is<string>()(bytePairs([''], { size: 300 }).decode([1]))
is<string[]>()(tokenVocabulary([['a']]).decode([0]))
is<string>()(loadVocabulary('words', '').decode([0]))
is<Carry>()(restoreTree(carry, { h: x }))

const reports = fit(({ h }: Carry, number) => [{ h }, number] as const, carry, { steps: 3, onStep: ({ step }) => step })
for await (const { state, loss } of reports) {
  is<Carry>()(state)
  is<number>()(loss)
}
