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
  mean,
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

const [TRAINED, TESTED, NETWORKS, TOGETHER] = [10, 1000, 10, 50]

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

/** Networks for words of so many letters, side by side: all have the same work, each its own start. */
function counters(letters: number) {
  const model = chain(recurrent(peepholeLstmCell(letters, { forgetBias: 6 })), dense(letters + 1))
  type Params = ReturnType<typeof model.init>

  /** The words of all `ns`, and what a network says may follow each letter (where positive). */
  const words = (params: Params, ns: Tensor, steps: number) =>
    vmap((n: Tensor) => {
      const { x, next, isIn } = word(n, letters, steps)
      return { logits: model.apply(params, x, { length: add(mul(n, letters), 1) }), next, isIn }
    })(ns)

  /** The loss of one network on all words that it learns from. */
  function loss(params: Params): Tensor {
    const { logits, next, isIn } = words(params, arange(1, TRAINED + 1), letters * TRAINED + 1)
    return binaryCrossEntropy(logits, next, { weights: expandDims(cast(isIn, 'float32'), -1) })
  }

  /** Whether a network has all right in the words of each n. */
  function accepts(params: Params, ns: Tensor): Tensor {
    const { logits, next, isIn } = words(params, ns, letters * TESTED + 1)
    const isRight = all(equal(greater(logits, 0), greater(next, 0)), { axis: -1 })
    return all(logicalOr(isRight, logicalNot(isIn)), { axis: -1 })
  }

  return {
    init: (key: Tensor) => vmap((one: Tensor) => model.init(one, { shape: [1, letters + 1] }))(keysOf(key)),
    loss: (params: Params) => mean(vmap(loss)(params)),
    accepts: jit(vmap(accepts, [0, null])),
  }
}

const keysOf = (key: Tensor): Tensor => random.bits(key, [NETWORKS, 2])

/** The largest n of each network up to which all words are accepted, the best network first. */
function reach(accepts: (ns: Tensor) => Tensor): number[] {
  const reached = new Array<number>(NETWORKS).fill(TESTED)
  for (let n = 1; n <= TESTED && reached.includes(TESTED); n += TOGETHER) {
    const isRight = accepts(arange(n, n + TOGETHER)).toArray() as boolean[][]
    isRight.forEach((row, i) => {
      if (row.includes(false)) reached[i] = Math.min(reached[i], n + row.indexOf(false) - 1)
    })
  }
  return reached.sort((a, b) => b - a)
}

await runTask({
  name: 'counting',
  about: `a^n b^n and a^n b^n c^n, learnt from n = 1 to ${TRAINED} by ${NETWORKS} networks (Gers and Schmidhuber 2001)`,
  steps: 8000,
  async run({ key, train }) {
    const figures = []
    for (const { letters, language, published } of [
      { letters: 2, language: 'a^n b^n', published: 1000 },
      { letters: 3, language: 'a^n b^n c^n', published: 52 },
    ]) {
      const { init, loss, accepts } = counters(letters)
      const params = await train(language, init(random.foldIn(key, letters)), { loss, learningRate: 1e-2 })
      const reached = reach(ns => accepts(params, ns))
      console.log(`${language}: all right up to n = ${reached.join(', ')}`)
      const [best] = reached
      figures.push({
        name: `${language}, all right up to n, best network`,
        value: best,
        published: `${published} (the best network)`,
        holds: best >= published,
      })
    }
    return figures
  },
})
