// Which function each case of PyTorch's vectors is, family by family; and the reason for those that are left out.
import {
  add,
  arange,
  argmax,
  at,
  cast,
  concat,
  div,
  dotGeneral,
  equal,
  expandDims,
  eye,
  grad,
  jit,
  jvp,
  matmul,
  max,
  mul,
  outer,
  reshape,
  scan,
  scatterAdd,
  slice,
  split,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  take,
  tanh,
  transpose,
  valueAndGrad,
  vmap,
  where,
  zeros,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import * as optim from '../../ts/optim/index.js'
import { attentionOf, mhaOf, transformerOf } from './torch-attention.js'
import { lossOf } from './torch-losses.js'
import {
  activations,
  alongAxis,
  carryOf,
  gptBlock,
  handWritten,
  isLstm,
  linear,
  type Named,
  overBatch,
  torchCell,
  torchRnn,
} from './torch-models.js'
import { type Case, compareGradients, compareOutputs, toTensor, toTensors } from './vectors.js'

type Differentiable = (values: Named<Tensor>) => Named<Tensor>
/** A function to compare, or nothing where the handler has compared already. */
type Handler = (c: Case) => Differentiable | undefined

const nameOf = (c: Case): string => c.case.slice(c.family.length + 1)

const act: Handler = c => {
  const f = activations[nameOf(c).replace(/_(large|tiny)$/, '')]
  return ({ x }) => ({ y: f(x) })
}

const softmaxes: Handler = c => {
  const f = alongAxis[nameOf(c).match(/^(softmax|log_softmax|logsumexp)/)![0]]
  return ({ x }) => ({ y: f(x, c.attrs.dim) })
}

const layer: Handler = c => {
  const name = nameOf(c)
  if (name.startsWith('linear')) {
    const { apply } = nn.dense(1) as nn.Layer<{ w: Tensor; b?: Tensor }>
    return ({ weight, bias, x }) => ({ y: apply({ w: transpose(weight), b: bias }, x) })
  }
  if (name === 'embedding') return ({ weight, ids }) => ({ y: nn.embedding(1, 1).apply({ w: weight }, ids) })
  if (name === 'embedding_padding_idx') {
    // A row that is a constant of the function has no gradient.
    const frozen = toTensor(c.params.weight)
    return ({ weight, ids }) => {
      const isFrozen = equal(expandDims(arange(weight.shape[0]), 1), c.attrs.padding_idx)
      return { y: nn.embedding(1, 1).apply({ w: where(isFrozen, frozen, weight) }, ids) }
    }
  }
  const { eps: epsilon, normalized_shape } = c.attrs
  const axis = normalized_shape.map((_: number, i: number) => i - normalized_shape.length)
  return ({ weight, bias, x }) => {
    if (axis.length === 1 && weight !== undefined) {
      return { y: nn.layerNorm({ epsilon }).apply({ scale: weight, bias }, x) }
    }
    const y = nn.standardize(x, { axis, epsilon })
    return { y: weight === undefined ? y : add(mul(y, weight), bias) }
  }
}

const rnn: Handler = c => v => torchRnn(v, c.attrs)

const stacked: Handler = c => v => {
  let xs = v.x
  const hn: Tensor[] = []
  for (let i = 0; i < c.attrs.num_layers; i++) {
    const weights = torchCell(c.attrs.kind, v, `${i}.`, '')
    const zero = zeros([xs.shape[1], c.attrs.hidden_size])
    const [last, ys] = overBatch(weights, carryOf(c.attrs.kind, zero, zero), xs)
    hn.push(isLstm(c.attrs.kind) ? last.h : last)
    xs = i > 0 || c.attrs.residual_first ? add(ys, xs) : ys
  }
  return { y: xs, hn: stack(hn) }
}

const cell: Handler = c => v => {
  const kind = nameOf(c).match(/^(peephole|coupled|gru_cho|elman)/)![0]
  let xs = v.x
  const [hn, cn]: Tensor[][] = [[], []]
  for (let i = 0; i < c.attrs.num_layers; i++) {
    const prefix = c.attrs.num_layers > 1 ? `${i}.` : ''
    const own = Object.fromEntries(
      Object.entries(v).flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
      ),
    )
    const apply = handWritten[kind](own, c.attrs.activation)
    const carry = carryOf(kind, at(v.h0, i), v.c0 ? at(v.c0, i) : v.h0)
    const options = { reverse: c.attrs.reverse, lengths: v.lengths }
    const [last, ys] = overBatch(
      { cell: { init: () => null, initialCarry: () => null, apply }, params: null },
      carry,
      xs,
      options,
    )
    hn.push(isLstm(kind) ? last.h : last)
    if (isLstm(kind)) cn.push(last.c)
    xs = ys
  }
  return { y: xs, hn: stack(hn), ...(isLstm(kind) ? { cn: stack(cn) } : {}) }
}

const part = (values: Named<Tensor>, prefix: string, suffix = ''): Named<Tensor> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(prefix) && name.endsWith(suffix)
        ? [[name.slice(prefix.length, name.length - suffix.length), value]]
        : [],
    ),
  )

const withPrefix = (prefix: string, values: Named<Tensor>, suffix = ''): Named<Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}${suffix}`, value]))

const clip: Handler = c => {
  const gradients = part(toTensors(c.inputs), 'grad.')
  const { update } = optim.clipByGlobalNorm(c.attrs.max_norm)
  const clipAll = (tree: Named<Tensor>) => update(tree, null)[0]
  for (const run of [clipAll, jit(clipAll)]) {
    const clipped = run(gradients)
    compareOutputs(c, { total_norm: optim.globalNorm(gradients), ...withPrefix('grad.', clipped, '.clipped') })
  }
  return undefined
}

interface OptimCase {
  optimizer: optim.Optimizer
  // biome-ignore lint/suspicious/noExplicitAny: states differ
  state: (state: any) => Named<Named<Tensor>>
}

function optimizerOf({ attrs }: Case): OptimCase {
  const { lr, betas = [0.9, 0.999], eps, weight_decay = 0, momentum = 0, nesterov = false } = attrs
  const [b1, b2] = betas
  const l2 = (own: optim.Optimizer<any>) => optim.chain(optim.addDecayedWeights(weight_decay), own) as optim.Optimizer
  switch (attrs.optimizer) {
    case 'SGD':
      return {
        optimizer: l2(optim.sgd(lr, { momentum, nesterov })),
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
      const decay = attrs.lr_decay ?? 0
      const rate: optim.LearningRate = decay === 0 ? lr : step => divideRate(lr, decay, step)
      return {
        optimizer: l2(optim.adagrad(rate, { eps, initialAccumulator: attrs.initial_accumulator_value })),
        state: ([, [own]]) => ({ sum: own.sum }),
      }
    }
  }
}

const optimizers: Handler = c => {
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

/** lr / (1 + steps * decay) */
const divideRate = (rate: number, decay: number, step: Tensor): Tensor =>
  div(rate, add(1, mul(cast(step, 'float32'), decay)))

/** The loss of a two-layer network with weights [out, in]. */
const mlpLoss = (p: Named<Tensor>, x: Tensor, target: Tensor): Tensor =>
  nn.meanSquaredError(add(matmul(tanh(add(matmul(x, transpose(p.W1)), p.b1)), transpose(p.W2)), p.b2), target)

const unravel = (flat: Tensor, like: Named<Tensor>, order: string[]): Named<Tensor> => {
  const parts = split(
    flat,
    order.map(name => like[name].size),
  )
  return Object.fromEntries(order.map((name, i) => [name, reshape(parts[i], like[name].shape)]))
}

const hessian: Handler = c => {
  const params = toTensors(c.params)
  const { x, target } = toTensors(c.inputs)
  const order: string[] = c.attrs.order
  const flat = concat(order.map(name => reshape(params[name], [params[name].size])))
  const loss = (vector: Tensor) => mlpLoss(unravel(vector, params, order), x, target)
  const product = (vector: Tensor, direction: Tensor) => jvp(grad(loss), [vector], [direction])[1]
  const whole = (vector: Tensor) => vmap(product, [null, 0])(vector, eye(vector.size))
  for (const run of [whole, jit(whole)]) {
    const [value, gradients] = valueAndGrad((p: Named<Tensor>) => mlpLoss(p, x, target))(params)
    compareOutputs(c, { hessian: run(flat), value })
    compareGradients(c, gradients)
  }
  return undefined
}

const hessianVector: Handler = c => {
  const params = toTensors(c.params)
  const inputs = toTensors(c.inputs)
  const v = part(inputs, 'v.')
  const loss = (p: Named<Tensor>) => mlpLoss(p, inputs.x, inputs.target)
  const product = (p: Named<Tensor>, direction: Named<Tensor>) => {
    const [gradients, hv] = jvp(grad(loss), [p], [direction])
    const vHv = Object.keys(v).reduce<Tensor>(
      (total, name) => add(total, sum(mul(direction[name], hv[name]))),
      zeros([]),
    )
    return { gradients, hv, vHv }
  }
  for (const run of [product, jit(product)]) {
    const { gradients, hv, vHv } = run(params, v)
    compareOutputs(c, { ...withPrefix('hv.', hv), vHv })
    compareGradients(c, gradients)
  }
  return undefined
}

/** The outputs of a recurrent layer over [T, B, D] from h0 and c0 = 0. */
const layerOutputs = (kind: string, p: Named<Tensor>, x: Tensor, h0: Tensor): Tensor =>
  overBatch(torchCell(kind, p, '', ''), carryOf(kind, h0, mul(h0, 0)), x)[1]

const gradientNorm: Handler = c => {
  const { kind, penalty } = c.attrs
  const names = Object.keys(c.params)
  return v => {
    const inner = (p: Named<Tensor>) =>
      nn.meanSquaredError(layerOutputs(kind, p, v.x, zeros([v.x.shape[1], p.weight_hh.shape[1]])), v.target)
    const own = Object.fromEntries(names.map(name => [name, v[name]]))
    const [innerLoss, gradients] = valueAndGrad(inner)(own)
    const squares = names.reduce<Tensor>((total, name) => add(total, sum(square(gradients[name]))), zeros([]))
    return {
      penalty: penalty === 'root' ? sqrt(squares) : squares,
      inner_loss: innerLoss,
      ...withPrefix('inner_grad.', gradients),
    }
  }
}

const forward: Handler = c => {
  const all = { ...toTensors(c.params), ...toTensors(c.inputs) }
  const dot = part(all, 'dot.')
  const primals = Object.fromEntries(Object.keys(dot).map(name => [name, all[name]]))
  const f = (v: Named<Tensor>) => layerOutputs(c.attrs.kind, v, v.x, v.h0)
  const push = (at: Named<Tensor>, direction: Named<Tensor>) => jvp(f, [at], [direction])
  for (const run of [push, jit(push)]) {
    const [y, yDot] = run(primals, dot)
    compareOutputs(c, { y, y_dot: yDot })
  }
  return undefined
}

const second: Handler = c => {
  const name = nameOf(c)
  const handler = name.startsWith('hessian')
    ? hessian
    : name.startsWith('hvp')
      ? hessianVector
      : name.startsWith('jvp')
        ? forward
        : gradientNorm
  return handler(c)
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

const train: Handler = c => {
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

/** Truncated backpropagation: the state crosses chunks as a value, gradients of the chunks add up. */
const truncated: Handler = c => {
  const { kind, T, chunk } = c.attrs
  const params = toTensors(c.params)
  const { x, target } = toTensors(c.inputs)
  const [batch, units] = [x.shape[1], params.weight_hh.shape[1]]
  const chunkLoss = (p: Named<Tensor>, carry: unknown, xs: Tensor, ts: Tensor) => {
    const [last, ys] = overBatch(torchCell(kind, p, '', ''), carry, xs)
    const errors = sub(linear(p, 'out', ys), ts)
    return [div(sum(square(errors)), 2 * T * batch), last] as const
  }
  const plain = valueAndGrad(chunkLoss, { hasAux: true })
  for (const run of [plain, jit(plain)]) {
    const zero = zeros([batch, units])
    let carry: unknown = carryOf(kind, zero, zero)
    let gradients: Named<Tensor> = mapValues(params, value => mul(value, 0))
    const losses: Tensor[] = []
    for (let t = 0; t < T; t += chunk) {
      const [[loss, next], own] = run(params, carry, slice(x, [t], [t + chunk]), slice(target, [t], [t + chunk]))
      gradients = mapValues(gradients, (value, name) => add(value, own[name]))
      losses.push(loss)
      carry = next
    }
    const hn = isLstm(kind) ? (carry as { h: Tensor }).h : (carry as Tensor)
    compareOutputs(c, { total: losses.reduce((a, b) => add(a, b)), chunk_losses: stack(losses), hn })
    compareGradients(c, gradients)
  }
  return undefined
}

const mapValues = (values: Named<Tensor>, f: (value: Tensor, name: string) => Tensor): Named<Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value, name)]))

/** The influence of every parameter on every state: forward mode through the loop, one direction for each parameter. */
const realTime: Handler = () => v => {
  const states = (flat: Tensor) => {
    const p = unravel(flat, v, ['W', 'V', 'b'])
    return scan(
      (h, x) => {
        const next = tanh(add(matmul(p.W, x), matmul(p.V, h), p.b))
        return [next, next]
      },
      v.h0,
      v.x,
    )[1]
  }
  const flat = concat([v.W, v.V, v.b].map(part => reshape(part, [part.size])))
  const h = states(flat)
  const along = (direction: Tensor) => jvp(states, [flat], [direction])[1]
  const error = sub(at(h, -1), v.target)
  return { h, influence: vmap(along, [0], 2)(eye(flat.size)), loss: mul(0.5, sum(square(error))) }
}

/** What of the `index` family there is. */
const indexing: Named<Differentiable> = {
  broadcast: ({ x, y2, z }) => ({ y: sub(add(mul(x, y2), z), div(x, add(1, square(y2)))) }),
  gather_dim0: ({ x, index }) => ({
    y: stack(
      range(6).map(i => take(at(x, i, 1), at(index, i, 1))),
      1,
    ),
  }),
  gather_dim1: ({ x, index }) => ({ y: vmap((row: Tensor, i: Tensor) => take(row, i))(x, index) }),
  take: ({ x, index }) => ({ y: take(reshape(x, [x.size]), index) }),
  index_select_dim0: ({ x, index }) => ({ y: take(x, index) }),
  index_select_dim1: ({ x, index }) => ({ y: take(x, index, 1) }),
  index_add_dim0: ({ x, index, src }) => ({ y: scatterAdd(x, index, mul(0.5, src)) }),
  index_add_dim1: ({ x, index, src }) => ({ y: vmap(scatterAdd, [0, null, 0])(x, index, mul(0.5, src)) }),
  scatter_add: ({ x, index, src }) => ({ y: vmap(scatterAdd)(x, index, src) }),
  max_dim: ({ x }) => ({ values: max(x, { axis: 1 }), indices: argmax(x, 1) }),
  where_masked_fill: ({ x, y2, mask }) => ({ y: add(where(mask, -2, x), where(mask, x, y2)) }),
  einsum0: ({ a, b }) => ({ y: matmul(a, b) }),
  einsum1: ({ a, b }) => ({ y: matmul(a, b) }),
  einsum2: ({ a, b }) => ({
    y: dotGeneral(a, b, {
      contract: [[3], [3]],
      batch: [
        [0, 2],
        [0, 2],
      ],
    }),
  }),
  einsum3: ({ a, b }) => ({
    y: transpose(
      dotGeneral(a, b, {
        contract: [[3], [1]],
        batch: [
          [0, 1],
          [0, 2],
        ],
      }),
      [0, 2, 1, 3],
    ),
  }),
  einsum4: ({ a, b, c }) => ({
    y: vmap((ai: Tensor, ci: Tensor) => matmul(matmul(transpose(b, [1, 0, 2]), ci), ai))(a, c),
  }),
  einsum5: ({ a, b }) => ({ y: outer(a, b) }),
  einsum6: ({ a }) => ({ y: transpose(a, [0, 2, 1]) }),
  einsum7: ({ a }) => ({ y: sum(mul(a, eye(4)), { axis: 1 }) }),
  einsum8: ({ a, b }) => ({ y: matmul(a, b) }),
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

export const handlers: Named<Handler> = {
  act,
  softmax: softmaxes,
  layer,
  rnn,
  stacked,
  cell,
  clip,
  optim: optimizers,
  second,
  train,
  loss: lossOf,
  mha: mhaOf,
  transformer: transformerOf,
  attention: attentionOf,
  tbptt: truncated,
  rtrl: realTime,
  index: c => indexing[nameOf(c)],
}

/** Why a case is not covered, or null. */
export function uncovered(c: Case): string | null {
  const name = nameOf(c)
  if (name.startsWith('batchnorm')) return 'batch normalisation is not there yet'
  if (c.family === 'clip' && c.attrs.norm_type !== 2) return 'clipping is by the 2-norm'
  if (name.includes('dampening')) return 'momentum has no dampening'
  if (c.family === 'index' && indexing[name] === undefined) return 'this operation is not there yet'
  return handlers[c.family] === undefined ? `nothing for the family ${c.family} yet` : null
}
