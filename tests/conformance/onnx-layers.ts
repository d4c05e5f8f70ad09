// ONNX's normalisations, losses, optimisers, recurrent layers and control flow.
import * as h from '../../ts/index.js'
import { add, div, matmul, mul, reshape, sigmoid, split, sub, type Tensor, tanh, transpose } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { arrays } from './onnx-arrays.js'
import { attention } from './onnx-attention.js'
import { elementwise } from './onnx-elementwise.js'
import { type Attrs, later, type Operator, type Operators, range, runGraph } from './onnx-operator.js'

/** One value a channel, for images [N, C, ...]. */
const perChannel = (v: Tensor, x: Tensor): Tensor => reshape(v, [v.size, ...new Array(x.rank - 2).fill(1)])

const scaled = (x: Tensor, scale: Tensor, bias: Tensor): Tensor =>
  add(mul(x, perChannel(scale, x)), perChannel(bias, x))

const axesFrom = (axis: number, rank: number): number[] => range(rank).slice(axis)

/** The classes are dimension 1 there, the last one here. */
const classesLast = (x: Tensor): Tensor => h.moveaxis(x, 1, -1)

const labelOptions = ({ reduction = 'mean', ignore_index: ignore }: Attrs, weights: Tensor): nn.LabelOptions => ({
  reduction,
  ignore,
  weights,
})

const norms: Operators = {
  BatchNormalization: ([x, scale, bias, mean, variance], { epsilon = 1e-5 }) => {
    const deviation = h.sqrt(add(perChannel(variance, x), epsilon))
    return scaled(div(sub(x, perChannel(mean, x)), deviation), scale, bias)
  },
  GroupNormalization: ([x, scale, bias], { epsilon = 1e-5, num_groups: groups }) => {
    const grouped = reshape(x, [x.shape[0], groups, -1])
    return scaled(reshape(nn.standardize(grouped, { epsilon }), x.shape), scale, bias)
  },
  InstanceNormalization: ([x, scale, bias], { epsilon = 1e-5 }) =>
    scaled(nn.standardize(x, { axis: axesFrom(2, x.rank), epsilon }), scale, bias),
  LayerNormalization: ([x, scale, bias], { axis: from = -1, epsilon = 1e-5 }) => {
    const axis = axesFrom(from, x.rank)
    const inverse = h.rsqrt(add(h.variance(x, { axis, keepDims: true }), epsilon))
    const y = add(mul(nn.standardize(x, { axis, epsilon }), scale), bias)
    return [y, h.mean(x, { axis, keepDims: true }), inverse]
  },
  LRN: ([x], { alpha = 1e-4, beta = 0.75, bias = 1, size }) => {
    const before = Math.floor((size - 1) / 2)
    const squares = h.pad(h.square(x), [
      [0, 0],
      [before, size - 1 - before],
      ...axesFrom(2, x.rank).map(() => [0, 0] as const),
    ])
    const near = range(size).map(i => h.slice(squares, [0, i], [x.shape[0], i + x.shape[1]]))
    return div(
      x,
      h.pow(
        add(
          bias,
          mul(
            alpha / size,
            near.reduce((a, b) => add(a, b)),
          ),
        ),
        beta,
      ),
    )
  },
  RMSNormalization: ([x, scale], { axis = -1, epsilon = 1e-5 }) => {
    const square = h.mean(h.square(x), { axis: axesFrom(axis, x.rank), keepDims: true })
    return mul(mul(x, h.rsqrt(add(square, epsilon))), scale)
  },
  GlobalAveragePool: ([x]) => h.mean(x, { axis: axesFrom(2, x.rank), keepDims: true }),
  GlobalMaxPool: ([x]) => h.max(x, { axis: axesFrom(2, x.rank), keepDims: true }),
}

const losses: Operators = {
  NegativeLogLikelihoodLoss: ([x, labels, weights], attrs) =>
    nn.negativeLogLikelihood(classesLast(x), labels, labelOptions(attrs, weights)),
  SoftmaxCrossEntropyLoss: ([x, labels, weights], attrs) => [
    nn.crossEntropy(classesLast(x), labels, labelOptions(attrs, weights)),
    h.logSoftmax(x, 1),
  ],
}

/** The gradient with weight decay, and the step counted from 0. */
const regularised = (x: Tensor, g: Tensor, { norm_coefficient: decay = 0 }: Attrs): Tensor => add(g, mul(decay, x))

const optimizers: Operators = {
  Adagrad: ([rate, step, x, g, squares], attrs) => {
    const gradient = regularised(x, g, attrs)
    const total = add(squares, h.square(gradient))
    const decayed = div(rate, add(1, mul(h.cast(step, 'float32'), attrs.decay_factor)))
    return [sub(x, mul(decayed, div(gradient, add(h.sqrt(total), attrs.epsilon)))), total]
  },
  Adam: ([rate, step, x, g, mean, squares], attrs) => {
    const { alpha, beta, epsilon } = attrs
    const gradient = regularised(x, g, attrs)
    const v = add(mul(alpha, mean), mul(1 - alpha, gradient))
    const s = add(mul(beta, squares), mul(1 - beta, h.square(gradient)))
    const t = h.cast(step, 'float32')
    const corrected = div(mul(rate, h.sqrt(sub(1, h.pow(beta, t)))), sub(1, h.pow(alpha, t)))
    const first = h.where(h.greater(step, 0), corrected, rate)
    return [sub(x, mul(first, div(v, add(h.sqrt(s), epsilon)))), v, s]
  },
  Momentum: ([rate, step, x, g, velocity], attrs) => {
    const gradient = regularised(x, g, attrs)
    const v = add(mul(attrs.alpha, velocity), mul(h.where(h.greater(step, 0), attrs.beta, 1), gradient))
    return [sub(x, mul(rate, attrs.mode === 'nesterov' ? add(gradient, mul(attrs.alpha, v)) : v)), v]
  },
}

type Carry = Tensor[]
/** One step of one example: the carry h (and c), x W^T + b, and what multiplies the state. */
type Step = (carry: Carry, x: Tensor, r: Tensor, rb: Tensor) => Carry

/** A recurrent layer over [T, B, D] (or batches first), in one direction, with two biases in one vector. */
const recurrent =
  (states: number, step: Step): Operator =>
  ([x, w, r, b], { hidden_size: units, layout = 0 }) => {
    const biases = b === undefined ? h.zeros([2 * w.shape[1]]) : h.at(b, 0)
    const [wb, rb] = split(biases, 2)
    const one = (xs: Tensor) => {
      const inputs = add(matmul(xs, transpose(h.at(w, 0))), wb)
      const start: Carry = range(states).map(() => h.zeros([units]))
      return h.scan(
        (carry: Carry, xt: Tensor): [Carry, Tensor] => {
          const next = step(carry, xt, transpose(h.at(r, 0)), rb)
          return [next, next[0]]
        },
        start,
        inputs,
      )
    }
    const batch = layout === 0 ? 1 : 0
    const [last, ys] = h.vmap(one, [batch], [0, batch])(x)
    const direction = layout === 0 ? 0 : 1
    return [h.expandDims(ys, layout === 0 ? 1 : 2), ...last.map(state => h.expandDims(state, direction))]
  }

const recurrents: Operators = {
  RNN: recurrent(1, ([state], x, r, rb) => [tanh(add(x, matmul(state, r), rb))]),
  // Gates z r h; the reset gate acts before the product.
  GRU: recurrent(1, ([state], x, r, rb) => {
    const [[xz, xr, xh], [wz, wr, wh], [bz, br, bh]] = [x, r, rb].map(part => split(part, 3))
    const z = sigmoid(add(xz, matmul(state, wz), bz))
    const reset = sigmoid(add(xr, matmul(state, wr), br))
    const candidate = tanh(add(xh, matmul(mul(reset, state), wh), bh))
    return [add(mul(sub(1, z), candidate), mul(z, state))]
  }),
  // Gates i o f c.
  LSTM: recurrent(2, ([state, c], x, r, rb) => {
    const [i, o, f, g] = split(add(x, matmul(state, r), rb), 4)
    const next = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
    return [mul(sigmoid(o), tanh(next)), next]
  }),
}

const control: Operators = {
  If: ([condition], { then_branch: yes, else_branch: no }) =>
    later.cond(
      condition,
      () => runGraph(yes.graph, {}, operators),
      () => runGraph(no.graph, {}, operators),
    ),
  Scan: (inputs, { body: { graph }, num_scan_inputs: count }) => {
    const named = (values: Tensor[]) =>
      Object.fromEntries(values.map((value, i) => [graph.inputs[i].name as string, value]))
    const states = inputs.length - count
    const step = (carry: Tensor[], xs: Tensor[]): [Tensor[], Tensor[]] => {
      const outputs = runGraph(graph, named([...carry, ...xs]), operators)
      return [outputs.slice(0, states), outputs.slice(states)]
    }
    return h.scan(step, inputs.slice(0, states), inputs.slice(states)).flat()
  },
}

/** All operators there are. */
export const operators: Operators = {
  ...elementwise,
  ...arrays,
  ...norms,
  ...losses,
  ...optimizers,
  ...recurrents,
  ...attention,
  ...control,
}
