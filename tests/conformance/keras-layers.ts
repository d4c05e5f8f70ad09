// Keras 2 layers over one example: dimension 1 there is dimension 0 here. Where a case does not say how its layer is set,
// the place of the case does: the settings of the test that it was recorded from.
import * as h from '../../ts/index.js'
import { add, div, mul, sigmoid, split, sub, type Tensor, tanh } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { convolutional } from './keras-conv.js'

// biome-ignore lint/suspicious/noExplicitAny: settings of every kind
export type Settings = Record<string, any>

/** A layer: its input, its weights in Keras's order, its settings and the number of the case. */
export type KerasLayer = (x: Tensor, weights: Tensor[], settings: Settings, index: number) => Tensor

const hardSigmoid = (x: Tensor): Tensor => nn.hardTanh(add(mul(0.2, x), 0.5), 0, 1)

const dense = (x: Tensor, [w, b]: Tensor[]): Tensor => (nn.dense(1) as nn.Layer<object>).apply({ w, b }, x)

const repeatVector = (x: Tensor, count: number): Tensor => h.broadcastTo(x, [count, ...x.shape])

/** Merges dense layers of the same input. */
const merge =
  (f: (branches: Tensor[], index: number) => Tensor): KerasLayer =>
  (x, weights, _, index) =>
    f(
      Array.from({ length: weights.length / 2 }, (_, i) => dense(x, weights.slice(2 * i, 2 * i + 2))),
      index,
    )

const fold = (f: (x: Tensor, y: Tensor) => Tensor): KerasLayer => merge(branches => branches.reduce((x, y) => f(x, y)))

const normalised = (x: Tensor, axis: number): Tensor => div(x, h.norm(x, { axis, keepDims: true }))

interface Weighted {
  // biome-ignore lint/suspicious/noExplicitAny: carries of every kind
  cell: nn.Cell<any, any>
  params: unknown
}

const gated = { gateActivation: hardSigmoid }

const cells: Record<string, (weights: Tensor[]) => Weighted> = {
  // Gates z r h there, r z n here.
  GRU(weights) {
    const [wx, wh, b = h.zeros([wh.shape[1]])] = weights.map(w => {
      const [z, r, n] = split(w, 3, -1)
      return h.concat([r, z, n], -1)
    })
    return { cell: nn.choGruCell(wh.shape[0], gated), params: { wx, wh, b } }
  },
  // Gates i f c o.
  LSTM: ([wx, wh, b = h.zeros([wh.shape[1]])]) => ({
    cell: nn.lstmCell(wh.shape[0], gated),
    params: { wx, wh, b },
  }),
  SimpleRNN: ([wx, wh, b = h.zeros([wh.shape[0]])]) => ({ cell: nn.rnnCell(wh.shape[0]), params: { wx, wh, b } }),
}

/** Over the steps; backwards, outputs come in the order in which they are made. Stateful ones were run twice. */
const recurrent =
  (name: string): KerasLayer =>
  (x, weights, { return_sequences: returnSequences, go_backwards: reverse, stateful }) => {
    const { cell, params } = cells[name](weights)
    const layer = nn.recurrent(cell, { returnSequences, reverse })
    const [carry, first] = layer.run(params, x)
    const y = stateful ? layer.run(params, x, { carry })[1] : first
    return reverse && returnSequences ? h.flip(y, 0) : y
  }

/** Dimensions there count the batch. */
const own = (axis: number): number => (axis > 0 ? axis - 1 : axis)

export const layers: Record<string, KerasLayer> = {
  ...convolutional,
  'core.Activation': (x, weights, _, index) => {
    const activations: Record<number, (x: Tensor) => Tensor> = {
      0: h.softmax,
      2: nn.selu,
      4: nn.softsign,
      6: tanh,
      8: hardSigmoid,
    }
    return activations[index](dense(x, weights))
  },
  'core.Dense': (x, weights, _, index) => {
    const activations: Record<number, (x: Tensor) => Tensor> = { 0: y => y, 2: nn.softplus, 4: sigmoid }
    return activations[index](dense(x, weights))
  },
  'core.Dropout': (x, weights) => nn.dropout(0.5).apply(null, dense(x, weights)),
  'core.Flatten': h.flatten,
  'core.Permute': (x, _, { dims }) => h.transpose(x, dims.map(own)),
  'core.RepeatVector': x => repeatVector(x, 7),
  'core.Reshape': (x, _, settings) => h.reshape(x, settings.target_shape),
  'embeddings.Embedding': (x, [w]) => nn.embedding(1, 1).apply({ w }, h.cast(x, 'int32')),
  'merge.Add': fold((x, y) => add(x, y)),
  'merge.Average': merge(branches => div(add(...(branches as [Tensor, Tensor])), branches.length)),
  'merge.Concatenate': merge((branches, index) => {
    if (index === 0) return h.concat(branches)
    return h.concat(
      branches.map(y => repeatVector(y, 3)),
      index === 2 ? 0 : 1,
    )
  }),
  'merge.Dot': merge((branches, index) => {
    const [x, y] = branches.map(branch => repeatVector(branch, 3))
    const axis = index === 4 ? 1 : 0
    const [a, b] = index === 0 ? [x, y] : [normalised(x, axis), normalised(y, axis)]
    return h.dotGeneral(a, b, { contract: [[axis], [axis]] })
  }),
  'merge.Maximum': fold(h.maximum),
  'merge.Minimum': fold(h.minimum),
  'merge.Multiply': fold((x, y) => mul(x, y)),
  'merge.Subtract': fold(sub),
  'normalization.BatchNormalization': (x, weights, { axis, epsilon, center, scale: scaled }) => {
    const rest = [...weights]
    const channels = axis < 0 ? axis + x.rank : own(axis)
    const size = x.shape[channels]
    const scale = scaled ? rest.shift()! : h.ones([size])
    const bias = center ? rest.shift()! : h.zeros([size])
    const [mean, variance] = rest
    const layer = nn.batchNorm({ epsilon })
    const y = layer.apply({ scale, bias }, h.moveaxis(x, channels, 0), { state: { mean, variance } })
    return h.moveaxis(y, 0, channels)
  },
  'recurrent.GRU': recurrent('GRU'),
  'recurrent.LSTM': recurrent('LSTM'),
  'recurrent.SimpleRNN': recurrent('SimpleRNN'),
  'wrappers.Bidirectional': (x, weights, { layer, merge_mode: merge }) => {
    const half = weights.length / 2
    const [ahead, back] = [weights.slice(0, half), weights.slice(half)].map(cells[layer.class_name])
    const both = nn.bidirectional(ahead.cell, {
      backward: back.cell,
      merge,
      returnSequences: layer.config.return_sequences,
    })
    return both.apply({ forward: ahead.params, backward: back.params }, x)
  },
  'wrappers.TimeDistributed': (x, [w, b]) => nn.timeDistributed(nn.dense(1)).apply({ w, b }, x),
}
