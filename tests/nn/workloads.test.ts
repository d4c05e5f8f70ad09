// The character models of the workloads, put together from layers and optimisers: the same known losses as when they are
// written by hand, in programs that are no longer.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gptGenerate, gptWorkload, gruWorkload, lstmWorkload, rnnWorkload } from '../../bench/workloads.js'
import { greedy } from '../../ts/decode/index.js'
import {
  add,
  jit,
  matmul,
  split,
  type Tensor,
  tanh,
  tensor,
  treeMap,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import {
  chain,
  crossEntropy,
  dense,
  embedding,
  gpt,
  gruCell,
  type Layer,
  lstmCell,
  recurrent,
} from '../../ts/nn/index.js'
import { adam, applyUpdates, clipByGlobalNorm, type Optimizer, chain as optimChain, sgd } from '../../ts/optim/index.js'

/** A training step of a model over a batch of sequences. */
function trainingStep<P extends object, S extends object>(model: Layer<P>, optimizer: Optimizer<S>) {
  const loss = (params: P, x: Tensor, y: Tensor) => crossEntropy(vmap(model.apply, [null, 0])(params, x), y)
  return jit(
    (params: P, state: S, x: Tensor, y: Tensor) => {
      const [value, gradients] = valueAndGrad(loss)(params, x, y)
      const [updates, next] = optimizer.update(gradients, state, params)
      return [applyUpdates(params, updates), next, value]
    },
    { donate: [0, 1] },
  )
}

function follow<P extends object, S extends object>(
  model: Layer<P>,
  optimizer: Optimizer<S>,
  start: P,
  { x, y, losses }: { x: Tensor; y: Tensor; losses: readonly number[] },
) {
  const step = trainingStep(model, optimizer)
  let params = treeMap(leaf => add(leaf, 0), start)
  let state = optimizer.init(params)
  for (const known of losses) {
    const [nextParams, nextState, loss] = step(params, state, x, y)
    ;[params, state] = [nextParams, nextState]
    assert.ok(Math.abs(loss.item() - known) < 1e-5, `${loss.item()}, known ${known}`)
  }
  return step.compile(params, state, x, y)
}

const clippedAdam = optimChain(clipByGlobalNorm(5), adam(1e-3))

test('W2: embedding, LSTM, dense; clipping and Adam', () => {
  const workload = lstmWorkload()
  const { emb, wx, wh, b, wo, bo } = workload.params
  const model = chain(embedding(65, 128), recurrent(lstmCell(256)), dense(65))
  const { instructions } = follow(model, clippedAdam, [{ w: emb }, { wx, wh, b }, { w: wo, b: bo }], workload)
  const byHand = jit(workload.step, { donate: [0, 1] }).compile(workload.params, workload.state, workload.x, workload.y)
  assert.ok(instructions <= byHand.instructions + 10, `${instructions} instructions, ${byHand.instructions} by hand`)
})

test('W3: the same with a GRU', () => {
  const workload = gruWorkload()
  const { emb, wx, wh, bx, bh, wo, bo } = workload.params
  const model = chain(embedding(65, 128), recurrent(gruCell(256)), dense(65))
  follow(model, clippedAdam, [{ w: emb }, { wx, wh, bx, bh }, { w: wo, b: bo }], workload)
})

test('W4: a cell of one’s own, and SGD', () => {
  const workload = rnnWorkload()
  const { wxh, whh, bh, why, by } = workload.params
  const cell = {
    init: () => ({ wh: whh, b: bh }),
    initialCarry: () => zeros([64]),
    apply({ wh, b }: { wh: Tensor; b: Tensor }, h: Tensor, x: Tensor): [Tensor, Tensor] {
      const h1 = tanh(add(x, matmul(h, wh), b))
      return [h1, h1]
    },
  }
  const model = chain(embedding(65, 64), recurrent(cell), dense(65))
  follow(model, sgd(0.1), [{ w: wxh }, { wh: whh, b: bh }, { w: why, b: by }], workload)
})

/** W5's model from the library, and its parameters. */
function gptOf({ params: p }: ReturnType<typeof gptWorkload>) {
  const model = gpt({ vocabulary: 65, length: 128, width: 128, layers: 4, heads: 4, tied: false })
  const blocks = p.blocks.map(own => {
    const [[wq, wk, wv], [bq, bk, bv]] = [split(own.wqkv, 3), split(own.bqkv, 3)]
    return {
      norm1: { scale: own.ln1g, bias: own.ln1b },
      attention: { wq, wk, wv, wo: own.wp, bq, bk, bv, bo: own.bp },
      norm2: { scale: own.ln2g, bias: own.ln2b },
      feedForward: { w1: own.w1, b1: own.b1, w2: own.w2, b2: own.b2 },
    }
  })
  const norm = { scale: p.lnfg, bias: p.lnfb }
  return { model, params: { tokens: p.tok, positions: { w: p.pos }, blocks, norm, head: p.head } }
}

test('W5: gpt', () => {
  const workload = gptWorkload()
  const { model, params } = gptOf(workload)
  const { instructions } = follow(model, adam(1e-3), params, workload)
  const byHand = jit(workload.step, { donate: [0, 1] }).compile(workload.params, workload.state, workload.x, workload.y)
  // Three tensors of queries, keys and values in the place of one: Adam's for two more, and those that join and part them.
  assert.ok(
    instructions <= byHand.instructions + 4 * 12,
    `${instructions} instructions, ${byHand.instructions} by hand`,
  )
})

test('W7: gpt speaks through its caches as when they are written by hand', () => {
  const workload = gptWorkload()
  const { model, params } = gptOf(workload)
  const speak = (p: typeof params, first: Tensor) =>
    greedy(model.step(p), model.initialCarry(p), first, { length: 128 })[1]
  const byHand = jit((p: typeof workload.params, first: Tensor) => gptGenerate(p, first))
  const seven = tensor([7], { dtype: 'int32' })
  assert.equal(jit(speak)(params, seven).toArray(), byHand(workload.params, tensor(7, { dtype: 'int32' })).toArray())
})

test.run()
