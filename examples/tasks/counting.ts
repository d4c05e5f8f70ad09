// Counting: words a^n b^n and a^n b^n c^n, of which a network with peepholes sees those with n up to 10. It says at each
// letter which may follow; after the first b that is certain, if one has counted. What it learnt is tried on longer words.
import {
  add,
  all,
  arange,
  cast,
  equal,
  expandDims,
  floorDivide,
  full,
  greater,
  jit,
  lessEqual,
  logicalNot,
  logicalOr,
  mul,
  oneHot,
  random,
  sub,
  type Tensor,
  vmap,
  where,
} from 'heddle'
import { binaryCrossEntropy, chain, dense, peepholeLstmCell, recurrent } from 'heddle/nn'
import { runTask } from '../harness/task.ts'

const [TRAINED, TESTED] = [10, 1000]

/** The word of `n` times each letter, in `steps` places: what is read, what may follow, and which places count. */
function word(n: Tensor, letters: number, steps: number) {
  const place = arange(steps)
  const isIn = lessEqual(place, mul(n, letters))
  // 1 is a, 2 is b, ...; 0 is before and behind the word.
  const letterAt = (at: Tensor): Tensor => where(greater(at, mul(n, letters)), 0, floorDivide(add(at, sub(n, 1)), n))
  const [letter, following] = [letterAt(place), letterAt(add(place, 1))]
  const next = oneHot(following, letters + 1)
  // After an a there may be another, or the first b.
  const either = add(oneHot(full([], 1, 'int32'), letters + 1), oneHot(full([], 2, 'int32'), letters + 1))
  return { x: oneHot(letter, letters + 1), next: where(expandDims(equal(letter, 1), -1), either, next), isIn }
}

/** A network for words of so many letters; sums that are not squashed can grow as far as there is to count. */
function counter(letters: number) {
  const cell = peepholeLstmCell(2 * (letters - 1), { activation: x => x, forgetBias: 3 })
  const model = chain(recurrent(cell), dense(letters + 1))
  type Params = ReturnType<typeof model.init>

  /** The words of all `ns`, and what the network says may follow each letter (where positive). */
  const words = (params: Params, ns: Tensor, steps: number) =>
    vmap((n: Tensor) => {
      const { x, next, isIn } = word(n, letters, steps)
      return { logits: model.apply(params, x, { length: add(mul(n, letters), 1) }), next, isIn }
    })(ns)
  return {
    init: (key: Tensor) => model.init(key, { shape: [1, letters + 1] }),
    loss(params: Params): Tensor {
      const { logits, next, isIn } = words(params, arange(1, TRAINED + 1), letters * TRAINED + 1)
      return binaryCrossEntropy(logits, next, { weights: expandDims(cast(isIn, 'float32'), -1) })
    },
    /** Whether all is right in the words of each n. */
    accepts: jit((params: Params, ns: Tensor): Tensor => {
      const { logits, next, isIn } = words(params, ns, letters * TESTED + 1)
      const isRight = all(equal(greater(logits, 0), greater(next, 0)), { axis: -1 })
      return all(logicalOr(isRight, logicalNot(isIn)), { axis: -1 })
    }),
  }
}

/** The largest n up to which all words are accepted. */
function reach(accepts: (ns: Tensor) => Tensor): number {
  const size = 50
  for (let n = 1; n <= TESTED; n += size) {
    const wrong = accepts(arange(n, n + size))
      .data()
      .indexOf(0)
    if (wrong >= 0) return n + wrong - 1
  }
  return TESTED
}

await runTask({
  name: 'counting',
  about: `a^n b^n and a^n b^n c^n, learnt from n = 1 to ${TRAINED} (Gers and Schmidhuber 2001)`,
  steps: 4000,
  async run({ key, train }) {
    const figures = []
    for (const { letters, language, best } of [
      { letters: 2, language: 'a^n b^n', best: 1000 },
      { letters: 3, language: 'a^n b^n c^n', best: 52 },
    ]) {
      const { init, loss, accepts } = counter(letters)
      const params = await train(language, init(random.foldIn(key, letters)), { loss, learningRate: 2e-2 })
      const value = reach(ns => accepts(params, ns))
      const published = `${best} (the best network)`
      figures.push({ name: `${language}, all right up to n`, value, published, holds: value > 2 * TRAINED })
    }
    return figures
  },
})
