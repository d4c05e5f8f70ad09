// Derivatives of derivatives, forward mode, and the influence of parameters through time.
import {
  add,
  at,
  concat,
  eye,
  grad,
  jit,
  jvp,
  matmul,
  mul,
  reshape,
  scan,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { bptt, rtrl, rtrlState, rtrlStep } from '../../ts/train/index.js'
import { type Handler, layerOutputs, nameOf, part, unravel, withPrefix } from './torch-handler.js'
import type { Named } from './torch-models.js'
import { compareGradients, compareOutputs, toTensors } from './vectors.js'

/** The loss of a two-layer network with weights [out, in]. */
const mlpLoss = (p: Named<Tensor>, x: Tensor, target: Tensor): Tensor =>
  nn.meanSquaredError(add(matmul(tanh(add(matmul(x, transpose(p.W1)), p.b1)), transpose(p.W2)), p.b2), target)

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

export const second: Handler = c => {
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

/** Parameters whose tree has the vectors' order: W, V, b. */
type InOrder = [wx: Tensor, wh: Tensor, b: Tensor]

/**
 * The influence of every parameter on every state, and the gradient of the last step's loss: by real-time recurrent
 * learning, and by differentiating the states forwards.
 */
export const realTime: Handler = c => {
  const { W, V, b } = toTensors(c.params)
  const { x, h0, target } = toTensors(c.inputs)
  const params: InOrder = [W, V, b]
  const step = ([w, v, bias]: InOrder, h: Tensor, input: Tensor): [Tensor, Tensor] => {
    const next = tanh(add(matmul(w, input), matmul(v, h), bias))
    return [next, next]
  }
  const loss = (y: Tensor, { weight }: { weight: Tensor }) => mul(mul(0.5, weight), sum(square(sub(y, target))))
  const isLast = { weight: tensor(Array.from({ length: c.attrs.T }, (_, t) => (t === c.attrs.T - 1 ? 1 : 0))) }
  const online = (own: InOrder, start: Tensor) => {
    const one = rtrlStep(step, loss)
    return scan(
      (state, [input, wanted]) => {
        const [next, value] = one(own, state, input, wanted)
        return [next, { h: next.carry, influence: next.influence, value }]
      },
      rtrlState(own, start),
      [x, isLast] as [Tensor, { weight: Tensor }],
    )[1]
  }
  for (const [follow, forwards, back] of [
    [online, rtrl(step, loss), bptt(step, loss)],
    [jit(online), jit(rtrl(step, loss)), jit(bptt(step, loss))],
  ] as const) {
    const { h, influence, value } = follow(params, h0)
    compareOutputs(c, { h, influence, loss: sum(value) })
    for (const gradientOf of [forwards, back]) {
      const [[total], [dW, dV, db]] = gradientOf(params, h0, x, isLast)
      const { x: _, h0: __, ...grads } = c.grads
      compareOutputs(c, { h, influence, loss: total })
      compareGradients({ ...c, grads }, { W: dW, V: dV, b: db })
    }
  }
  // By forward mode over the whole loop, and the gradients of inputs and of the start.
  return v => {
    const states = (flat: Tensor) => {
      const p = unravel(flat, v, ['W', 'V', 'b'])
      return scan((h, input) => step([p.W, p.V, p.b], h, input), v.h0, v.x)[1]
    }
    const flat = concat([v.W, v.V, v.b].map(part => reshape(part, [part.size])))
    const h = states(flat)
    const along = (direction: Tensor) => jvp(states, [flat], [direction])[1]
    return { h, influence: vmap(along, [0], 2)(eye(flat.size)), loss: loss(at(h, -1), { weight: tensor(1) }) }
  }
}
