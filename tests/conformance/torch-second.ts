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
  transpose,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
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

/** The influence of every parameter on every state: forward mode through the loop, one direction for each parameter. */
export const realTime: Handler = () => v => {
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
