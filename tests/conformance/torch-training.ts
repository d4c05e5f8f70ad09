// Clipping, optimisers, training runs and truncated backpropagation.
import {
  add,
  div,
  grad,
  jit,
  matmul,
  mul,
  slice,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  take,
  transpose,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import * as optim from '../../ts/optim/index.js'
import { bptt, tbptt } from '../../ts/train/index.js'
import { type Handler, layerOutputs, mapValues, nameOf, part, withPrefix } from './torch-handler.js'
import { carryOf, gptBlock, isLstm, linear, type Named, torchCell } from './torch-models.js'
import { type Case, compareGradients, compareOutputs, toTensors } from './vectors.js'

export const clip: Handler = c => {
  const gradients = part(toTensors(c.inputs), 'grad.')
  const order = c.attrs.norm_type === 'inf' ? Number.POSITIVE_INFINITY : c.attrs.norm_type
  const { update } = optim.clipByGlobalNorm(c.attrs.max_norm, { order })
  const clipAll = (tree: Named<Tensor>) => update(tree, null)[0]
  for (const run of [clipAll, jit(clipAll)]) {
    const clipped = run(gradients)
    compareOutputs(c, { total_norm: optim.globalNorm(gradients, order), ...withPrefix('grad.', clipped, '.clipped') })
  }
  return undefined
}

interface OptimCase {
  optimizer: optim.Optimizer
  // biome-ignore lint/suspicious/noExplicitAny: states differ
  state: (state: any) => Named<Named<Tensor>>
}

function optimizerOf({ attrs }: Case): OptimCase {
  const { lr, betas = [0.9, 0.999], eps, weight_decay = 0, momentum = 0, nesterov = false, dampening } = attrs
  const [b1, b2] = betas
  const l2 = <S>(own: optim.Optimizer<S>) => optim.chain(optim.addDecayedWeights(weight_decay), own) as optim.Optimizer
  switch (attrs.optimizer) {
    case 'SGD':
      return {
        optimizer: l2(optim.sgd(lr, { momentum, nesterov, dampening })),
        state: ([, [own]]): Named<Named<Tensor>> => (own === null ? {} : { momentum_buffer: own.trace }),
      }
    case 'Adam':
      return {
        optimizer: l2(optim.adam(lr, { b1, b2, eps })),
        state: ([, [own]]) => ({ exp_avg: own.mean, exp_avg_sq: own.square }),
      }
    case 'AdamW':
      return {
        optimizer: optim.adamw(lr, { b1, b2, eps, weightDecay: weight_decay }),
        state: ([own]) => ({ exp_avg: own.mean, exp_avg_sq: own.square }),
      }
    case 'RMSprop':
      return {
        optimizer: l2(optim.rmsprop(lr, { decay: attrs.alpha, eps, momentum, centered: attrs.centered })),
        state: ([, [own, [velocity]]]) => ({
          square_avg: own.square,
          ...(own.mean ? { grad_avg: own.mean } : {}),
          ...(velocity ? { momentum_buffer: velocity.trace } : {}),
        }),
      }
    default: {
      const options = { initialAccumulator: attrs.initial_accumulator_value, learningRateDecay: attrs.lr_decay }
      return { optimizer: l2(optim.adagrad(lr, { eps, ...options })), state: ([, [own]]) => ({ sum: own.sum }) }
    }
  }
}

export const optimizers: Handler = c => {
  const { optimizer, state: named } = optimizerOf(c)
  const inputs = toTensors(c.inputs)
  const step = (gradients: Named<Tensor>, state: unknown, params: Named<Tensor>) => {
    const [updates, next] = optimizer.update(gradients, state, params)
    return [optim.applyUpdates(params, updates), next] as const
  }
  for (const run of [step, jit(step)]) {
    const results: Named<Tensor> = {}
    let params: Named<Tensor> = toTensors(c.params)
    let state = optimizer.init(params)
    for (let t = 1; t <= c.attrs.steps; t++) {
      ;[params, state] = run(part(inputs, `grad.${t}.`), state, params)
      Object.assign(results, withPrefix(`param.${t}.`, params))
    }
    for (const [name, values] of Object.entries(named(state)))
      Object.assign(results, withPrefix(`state.${name}.`, values))
    // f_before is a property of the objective, not of the optimiser.
    const { f_before: _, ...outputs } = c.outputs
    compareOutputs({ ...c, outputs }, results)
  }
  return undefined
}

/** Mean cross-entropy of ids[:, 1:] given ids[:, :-1] under the model of the case. */
function nextTokenLoss(c: Case, p: Named<Tensor>, ids: Tensor): Tensor {
  const length = ids.shape[1] - 1
  const inputs = slice(ids, [0, 0], [ids.shape[0], length])
  const targets = slice(ids, [0, 1])
  if (nameOf(c) === 'gpt_block') return nn.crossEntropy(gptBlock(p, inputs, c.attrs.num_heads), targets)
  const xs = transpose(take(p.emb, inputs), [1, 0, 2])
  const kind = nameOf(c).slice('char_'.length)
  const ys = layerOutputs(kind, p, xs, zeros([ids.shape[0], p.weight_hh.shape[1]]))
  const logits = add(matmul(ys, transpose(p['out.weight'])), p['out.bias'])
  return nn.crossEntropy(logits, transpose(targets))
}

export const train: Handler = c => {
  const { lr, betas, eps, max_norm, steps } = c.attrs
  const optimizer = optim.chain(optim.clipByGlobalNorm(max_norm), optim.adam(lr, { b1: betas[0], b2: betas[1], eps }))
  const { ids } = toTensors(c.inputs)
  const loss = (p: Named<Tensor>, tokens: Tensor) => nextTokenLoss(c, p, tokens)
  const step = jit(
    (p: Named<Tensor>, state: optim.StateOf<typeof optimizer>, tokens: Tensor) => {
      const [value, gradients] = valueAndGrad(loss)(p, tokens)
      const [updates, next] = optimizer.update(gradients, state, p)
      return [optim.applyUpdates(p, updates), next, value, optim.globalNorm(gradients)] as const
    },
    { donate: [0, 1] },
  )
  let params = toTensors(c.params)
  compareGradients(c, grad(loss)(params, ids))
  let state = optimizer.init(params)
  const [losses, norms]: Tensor[][] = [[], []]
  for (let t = 0; t < steps; t++) {
    const [nextParams, nextState, value, norm] = step(params, state, ids)
    ;[params, state] = [nextParams, nextState]
    losses.push(value)
    norms.push(norm)
  }
  losses.push(loss(params, ids))
  compareOutputs(c, { losses: stack(losses), grad_norms: stack(norms), ...withPrefix('final.', params) })
  return undefined
}

/** Truncated backpropagation: all windows at once, and one after the other with the carry that the last one left. */
export const truncated: Handler = c => {
  const { kind, T, chunk } = c.attrs
  const params = toTensors(c.params)
  const { x, target } = toTensors(c.inputs)
  const [batch, units] = [x.shape[1], params.weight_hh.shape[1]]
  const step = (p: Named<Tensor>, carry: object, input: Tensor) => {
    const { cell, params: own } = torchCell(kind, p, '', '')
    const [next, h] = vmap((before: unknown, one: Tensor) => cell.apply(own, before, one))(carry, input)
    return [next as object, linear(p, 'out', h)] as const
  }
  const loss = (y: Tensor, wanted: Tensor) => div(sum(square(sub(y, wanted))), 2 * T * batch)
  const zero = zeros([batch, units])
  const start = carryOf(kind, zero, zero) as object
  const stateOf = (carry: object) => (isLstm(kind) ? (carry as { h: Tensor }).h : (carry as Tensor))
  const one = bptt(step, loss)
  const all = tbptt(step, loss, { window: chunk })
  for (const [window, whole] of [
    [one, all],
    [jit(one), jit(all)],
  ]) {
    let carry = start
    let gradients: Named<Tensor> = mapValues(params, value => mul(value, 0))
    const losses: Tensor[] = []
    for (let t = 0; t < T; t += chunk) {
      const [[value, next], own] = window(params, carry, slice(x, [t], [t + chunk]), slice(target, [t], [t + chunk]))
      gradients = mapValues(gradients, (sofar, name) => add(sofar, own[name]))
      losses.push(value)
      carry = next
    }
    const outputs = { chunk_losses: stack(losses), hn: stateOf(carry) }
    compareOutputs(c, { ...outputs, total: losses.reduce((a, b) => add(a, b)) })
    compareGradients(c, gradients)
    const [[total, last], gradient] = whole(params, start, x, target)
    compareOutputs(c, { ...outputs, total, hn: stateOf(last) })
    compareGradients(c, gradient)
  }
  return undefined
}
