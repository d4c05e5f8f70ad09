// ONNX's normalisations, losses, optimisers, recurrent layers and control flow.
import * as h from '../../ts/index.js'
import { add, div, mul, split, sub, type Tensor, transpose } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { arrays } from './onnx-arrays.js'
import { attention } from './onnx-attention.js'
import { onnxConvolutions } from './onnx-conv.js'
import { elementwise } from './onnx-elementwise.js'
import { type Attrs, type Operator, type Operators, range, runGraph } from './onnx-operator.js'

const axesFrom = (axis: number, rank: number): number[] => range(rank).slice(axis)

/** The classes are dimension 1 there, the last one here. */
const classesLast = (x: Tensor): Tensor => h.moveaxis(x, 1, -1)

const labelOptions = ({ reduction = 'mean', ignore_index: ignore }: Attrs, weights: Tensor): nn.LabelOptions => ({
  reduction,
  ignore,
  weights,
})

const norms: Operators = {
  BatchNormalization: ([x, scale, bias, mean, variance], { epsilon }) => {
    const layer = nn.batchNorm({ epsilon })
    return h.vmap((own: Tensor) => layer.apply({ scale, bias }, own, { state: { mean, variance } }))(x)
  },
  GroupNormalization: ([x, scale, bias], { epsilon, num_groups: groups }) =>
    h.vmap((own: Tensor) => nn.groupNorm(groups, { epsilon }).apply({ scale, bias }, own))(x),
  InstanceNormalization: ([x, scale, bias], { epsilon }) =>
    h.vmap((own: Tensor) => nn.instanceNorm({ epsilon }).apply({ scale, bias }, own))(x),
  LayerNormalization: ([x, scale, bias], { axis: from = -1, epsilon = 1e-5 }) => {
    const axis = axesFrom(from, x.rank)
    const inverse = h.rsqrt(add(h.variance(x, { axis, keepDims: true }), epsilon))
    const y = add(mul(nn.standardize(x, { axis, epsilon }), scale), bias)
    return [y, h.mean(x, { axis, keepDims: true }), inverse]
  },
  RMSNormalization: ([x, scale], { axis = -1, epsilon = 1e-5 }) => {
    if (axis === -1 || axis === x.rank - 1) return nn.rmsNorm({ epsilon }).apply({ scale }, x)
    const square = h.mean(h.square(x), { axis: axesFrom(axis, x.rank), keepDims: true })
    return mul(mul(x, h.rsqrt(add(square, epsilon))), scale)
  },
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

/** The gates of weights or biases [gates H, ...] in another order. */
const inOrder = (w: Tensor, order: readonly number[]): Tensor => {
  const gates = split(w, order.length, 0)
  return h.concat(
    order.map(gate => gates[gate]),
    0,
  )
}

// biome-ignore lint/suspicious/noExplicitAny: cells of every kind
type AnyCell = nn.Cell<any, any>

/** How one of ONNX's recurrent layers is a cell here: the order of its gates, and its parameters' names. */
interface Kind {
  cell(units: number, attrs: Attrs): AnyCell
  order: readonly number[]
  params(wx: Tensor, wh: Tensor, bx: Tensor, bh: Tensor, attrs: Attrs): unknown
}

const oneBias: Kind['params'] = (wx, wh, bx, bh) => ({ wx, wh, b: add(bx, bh) })

/** A recurrent layer over [T, B, D] (or batches first), in one direction, with two biases in one vector. */
const recurrent =
  ({ cell, order, params }: Kind): Operator =>
  ([x, w, r, b], attrs) => {
    const { hidden_size: units, layout = 0 } = attrs
    const [wx, wh] = [w, r].map(part => transpose(inOrder(h.at(part, 0), order)))
    const biases = b === undefined ? h.zeros([2 * w.shape[1]]) : h.at(b, 0)
    const [bx, bh] = split(biases, 2).map(part => inOrder(part, order))
    const layer = nn.recurrent(cell(units, attrs))
    const one = (xs: Tensor) => layer.run(params(wx, wh, bx, bh, attrs), xs)
    const batch = layout === 0 ? 1 : 0
    const [last, ys] = h.vmap(one, [batch], [0, batch])(x)
    const direction = layout === 0 ? 0 : 1
    const ends: Tensor[] = last.c === undefined ? [last] : [last.h, last.c]
    return [h.expandDims(ys, layout === 0 ? 1 : 2), ...ends.map(end => h.expandDims(end, direction))]
  }

const recurrents: Operators = {
  RNN: recurrent({ cell: units => nn.rnnCell(units), order: [0], params: oneBias }),
  // Gates z r h there, r z n here.
  GRU: recurrent({
    cell: (units, { linear_before_reset: isAfter }): AnyCell => (isAfter ? nn.gruCell(units) : nn.choGruCell(units)),
    order: [1, 0, 2],
    params: (wx, wh, bx, bh, attrs) =>
      attrs.linear_before_reset ? { wx, wh, bx, bh } : oneBias(wx, wh, bx, bh, attrs),
  }),
  // Gates i o f c there, i f g o here.
  LSTM: recurrent({ cell: units => nn.lstmCell(units), order: [0, 2, 3, 1], params: oneBias }),
}

const control: Operators = {
  If: ([condition], { then_branch: yes, else_branch: no }) =>
    h.cond(
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
  ...onnxConvolutions,
  ...losses,
  ...optimizers,
  ...recurrents,
  ...attention,
  ...control,
}
