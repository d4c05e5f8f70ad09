// The sub-packages speak of the same tensor type, and their types compose.
import { grad, jit, type Tensor, valueAndGrad } from 'heddle'
import { batches, parseConll, splitExamples } from 'heddle/data'
import { beam, ctcBeam, type Hypotheses, logLikelihood, sample } from 'heddle/decode'
import { loadInto, restoreTree } from 'heddle/io'
import { classScores, ctcLoss, dense, type ParamsOf } from 'heddle/nn'
import {
  type AdamState,
  accumulate,
  adam,
  applyUpdates,
  freeze,
  multiTransform,
  type ScheduleState,
  sgd,
} from 'heddle/optim'
import { profile } from 'heddle/profile'
import { bytePairs, loadVocabulary, tokenVocabulary, wordVocabulary } from 'heddle/text'
import { type Fitted, finish, fit } from 'heddle/train'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

const layer = dense(4)
const params = layer.init(key, x)
is<ParamsOf<typeof layer>>()(params)
is<Tensor>()(layer.apply(params, x))
declare const maybe: Tensor | undefined
is<Tensor>()(layer.apply(params, x, { key: maybe, length: maybe, train: maybe && true }))

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

is<Fitted<Carry>>()(
  await finish(fit(({ h }: Carry, _, x: Tensor) => [{ h }, x] as const, carry, { steps: 1, batchAt: () => x })),
) // prettier-ignore
// @ts-expect-error the step takes a tensor, not a text
fit(({ h }: Carry, _: Tensor, x: Tensor) => [{ h }, x] as const, carry, { steps: 1, batchAt: () => 'text' })

const groups = multiTransform({ body: sgd(0.1), head: adam(0.1) }, name => (name === 'w' ? 'head' : 'body'))
is<[AdamState, ScheduleState]>()(groups.init(params).head)
// @ts-expect-error there is no such group
multiTransform({ body: sgd(0.1) }, () => 'head')
is<[AdamState, ScheduleState]>()(accumulate(4, freeze(adam(0.1), 'w')).init(params).inner)

const data = { x, labels: [x] as [Tensor] }
is<typeof data>()(batches(data, { batch: 2 }).at(0))
is<Record<'train' | 'test', typeof data>>()(splitExamples(data, { train: 0.5, test: 0.5 }, { key }))
is<typeof params>()(loadInto(params, new Uint8Array()))
is<string[]>()(parseConll('', ['token', 'tag'])[0].tag)
