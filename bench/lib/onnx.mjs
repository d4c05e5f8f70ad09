// Writes small ONNX models, byte by byte: the few messages of onnx.proto3 that they need.
// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3

const [FLOAT, INT64] = [1, 7]

function varint(value) {
  const bytes = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

const number = (field, value) => Buffer.from([...varint(field * 8), ...varint(value)])

function message(field, ...parts) {
  const body = Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : part)))
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(body.length)]), body])
}

const dtypeOf = data => (data instanceof BigInt64Array ? INT64 : FLOAT)

/** A named tensor of the graph that takes part in no call: weights. */
const initializer = ([name, { shape, data }]) =>
  message(
    5,
    ...shape.map(length => number(1, length)),
    number(2, dtypeOf(data)),
    message(8, name),
    message(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  )

const valueInfo = (field, [name, { shape, type = FLOAT }]) => {
  // A name stands for a length that is known when the model runs.
  const dimensions = shape.map(length =>
    message(1, typeof length === 'string' ? message(2, length) : number(1, length)),
  )
  return message(field, message(1, name), message(2, message(1, number(1, type), message(2, ...dimensions))))
}

function attribute([name, value]) {
  if (Array.isArray(value)) return message(5, message(1, name), ...value.map(v => number(8, v)), number(20, 7))
  return message(5, message(1, name), number(3, value), number(20, 2))
}

const node = ({ op, inputs, outputs, attributes = {} }) =>
  message(
    1,
    ...inputs.map(name => message(1, name)),
    ...outputs.map(name => message(2, name)),
    message(4, op),
    ...Object.entries(attributes).map(attribute),
  )

/** A model: nodes in order, initializers `{ name: { shape, data } }`, inputs and outputs `{ name: { shape, type? } }`. */
export function onnxModel({ nodes, initializers = {}, inputs, outputs }) {
  const graph = message(
    7,
    ...nodes.map(node),
    message(2, 'model'),
    ...Object.entries(initializers).map(initializer),
    ...Object.entries(inputs).map(each => valueInfo(11, each)),
    ...Object.entries(outputs).map(each => valueInfo(12, each)),
  )
  return Buffer.concat([number(1, 8), graph, message(8, number(2, 17))])
}

/** W2's LSTM weights as ONNX has them: gates i o f g, [1, 4H, E], [1, 4H, H] and two biases. */
export function onnxLstmWeights({ wx, wh, b }) {
  const H = wh.shape[0]
  const columns = [0, 3, 1, 2].flatMap(gate => Array.from({ length: H }, (_, j) => gate * H + j))
  const transposed = ({ data, shape: [rows, width] }) => ({
    shape: [1, width, rows],
    data: Float32Array.from(
      { length: rows * width },
      (_, at) => data[(at % rows) * width + columns[Math.floor(at / rows)]],
    ),
  })
  const bias = Float32Array.from({ length: 8 * H }, (_, j) => (j < 4 * H ? b.data[columns[j]] : 0))
  return { W: transposed(wx), R: transposed(wh), B: { shape: [1, 8 * H], data: bias } }
}
