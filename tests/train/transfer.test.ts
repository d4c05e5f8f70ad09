// What a network knows of one task helps with another: saved, loaded by name, frozen, its layers thawed one after the other.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  argmax,
  cast,
  equal,
  jit,
  matmul,
  mean,
  random,
  reshape,
  slice,
  sum,
  type Tensor,
  tanh,
  treeLeaves,
  valueAndGrad,
  vmap,
} from '../../ts/index.js'
import { encodeSafetensors, loadInto } from '../../ts/io/index.js'
import { chain, crossEntropy, dense, gruCell, type Layer, recurrent } from '../../ts/nn/index.js'
import * as optim from '../../ts/optim/index.js'
import { finish, fit } from '../../ts/train/index.js'

const [MANY, FEW] = [1500, 24]
/** Of the task that is known, and of the one to be learnt. */
const [KNOWN, NEW] = [10, 4]
const [exampleKey, projectionKey, modelKey, headKey] = random.split(random.key(5), 4)

/** Both tasks look at the same three directions of the input, and ask different things of them. */
function tasks(shape: number[], features: (x: Tensor) => Tensor) {
  const xs = random.normal(exampleKey, [2 * MANY, ...shape])
  const seen = features(xs)
  const directions = matmul(seen, random.normal(projectionKey, [seen.shape[1], 3]))
  const ask = (classes: number) =>
    argmax(matmul(directions, random.normal(random.foldIn(projectionKey, classes), [3, classes])), 1)
  const part = (from: number, to: number, ys: Tensor) => ({ x: slice(xs, [from], [to]), y: slice(ys, [from], [to]) })
  const [first, second] = [ask(KNOWN), ask(NEW)]
  return { pretraining: part(0, MANY, first), few: part(0, FEW, second), test: part(MANY, 2 * MANY, second) }
}

interface Params {
  body: unknown
  head: unknown
}

interface Task {
  x: Tensor
  y: Tensor
}

function learner(body: Layer<unknown>, shape: number[], classes: number) {
  const head = dense(classes) as Layer<unknown>
  const logits = (p: Params, x: Tensor) => vmap((one: Tensor) => head.apply(p.head, body.apply(p.body, one)))(x)
  const lossOf = (p: Params, { x, y }: Task) => crossEntropy(logits(p, x), y)
  return {
    init: (bodyKey: Tensor, key: Tensor): Params => ({
      body: body.init(bodyKey, { shape }),
      head: head.init(key, { shape: [12] }),
    }),
    accuracy: (p: Params, { x, y }: Task) =>
      jit((q: Params) => mean(cast(equal(argmax(logits(q, x), 1), y), 'float32')))(p).item(),
    async train(p: Params, task: Task, optimizer: optim.Optimizer, steps: number): Promise<Params> {
      const step = (state: { p: Params; s: unknown }) => {
        const [loss, gradients] = valueAndGrad(lossOf)(state.p, task)
        const [updates, s] = optimizer.update(gradients, state.s, state.p)
        return [{ p: optim.applyUpdates(state.p, updates), s }, loss] as [typeof state, Tensor]
      }
      return (await finish(fit(step, { p, s: optimizer.init(p) }, { steps }))).last.p
    },
  }
}

const networks: Record<string, { body: Layer<unknown>; shape: number[]; features: (x: Tensor) => Tensor }> = {
  'a dense network': {
    body: chain(dense(12), tanh) as Layer<unknown>,
    shape: [60],
    features: x => reshape(x, [x.shape[0], 60]),
  },
  'a recurrent network': {
    body: recurrent(gruCell(12), { returnSequences: false }) as Layer<unknown>,
    shape: [4, 24],
    features: x => sum(x, { axis: 1 }),
  },
}

const values = (tree: unknown) => treeLeaves(tree).map(leaf => leaf.toArray())

for (const [name, { body, shape, features }] of Object.entries(networks)) {
  test(`${name} that knows a related task learns another from ${FEW} labels better than from scratch`, async () => {
    const { init, train, accuracy } = learner(body, shape, NEW)
    const before = learner(body, shape, KNOWN)
    const { pretraining, few, test: held } = tasks(shape, features)
    const adam = (rate: number) => optim.adam(rate) as optim.Optimizer
    const scratch = await train(init(modelKey, headKey), few, adam(0.02), 120)

    const known = await before.train(before.init(modelKey, headKey), pretraining, adam(0.02), 150)
    const file = encodeSafetensors({ encoder: known.body, classes: known.head })
    const fresh = init(headKey, modelKey)
    const loaded = loadInto(fresh, file, { rename: { encoder: 'body', classes: null }, partial: true })
    assert.equal([values(loaded.body), values(loaded.head)], [values(known.body), values(fresh.head)])

    const frozen = await train(loaded, few, optim.freeze(adam(0.05), 'body') as optim.Optimizer, 60)
    assert.equal(values(frozen.body), values(loaded.body))
    const slowly = optim.multiTransform({ body: optim.adam(1e-3), head: optim.adam(5e-3) }, leaf =>
      leaf.startsWith('body') ? 'body' : 'head',
    )
    const tuned = await train(frozen, few, slowly as unknown as optim.Optimizer, 40)
    assert.not.equal(values(tuned.body), values(loaded.body))
    const [without, withFrozen, withTuned] = [scratch, frozen, tuned].map(p => accuracy(p, held))
    const list = `${without} from scratch, ${withFrozen} with the body frozen, ${withTuned} tuned`
    assert.ok(withFrozen > without + 0.05 && withTuned > without + 0.05, list)
  })
}

test.run()
