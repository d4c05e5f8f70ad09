// ONNX's elementwise operators, products and reductions.
import * as h from '../../ts/index.js'
import { add, div, mul, type Tensor } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { type Attrs, ints, later, type Operator, type Operators } from './onnx-operator.js'

/** A function of its operands alone. */
const of =
  (f: (...operands: Tensor[]) => Tensor): Operator =>
  inputs =>
    f(...inputs)

/** A function of two, folded over any number. */
const fold =
  (f: (x: Tensor, y: Tensor) => Tensor): Operator =>
  inputs =>
    inputs.reduce((x, y) => f(x, y))

type Reduce = (x: Tensor, options: { axis?: number[]; keepDims: boolean }) => Tensor

/** Axes come as an input or an attribute; no axes are all of them, or none. */
const reduction =
  (f: Reduce): Operator =>
  ([x, given], { axes = given && ints(given), keepdims = 1, noop_with_empty_axes: isNoop }) => {
    const isEmpty = axes === undefined || axes.length === 0
    return isEmpty && isNoop ? x : f(x, { axis: isEmpty ? undefined : axes, keepDims: keepdims === 1 })
  }

const argument =
  (f: (x: Tensor, axis: number) => Tensor): Operator =>
  ([x], { axis = 0, keepdims = 1 }) => {
    const y = f(x, axis)
    return keepdims ? h.expandDims(y, axis < 0 ? axis + x.rank : axis) : y
  }

const along =
  (f: (x: Tensor, axis: number) => Tensor): Operator =>
  ([x], { axis = -1 }: Attrs) =>
    f(x, axis)

export const elementwise: Operators = {
  Abs: of(h.abs),
  Add: of((x, y) => add(x, y)),
  And: of(h.logicalAnd),
  Ceil: of(h.ceil),
  Clip: ([x, low, high]) => h.clip(x, low ?? -Infinity, high ?? Infinity),
  Cos: of(h.cos),
  Div: of(div),
  Equal: of(h.equal),
  Erf: of(h.erf),
  Exp: of(h.exp),
  Floor: of(h.floor),
  Greater: of(h.greater),
  GreaterOrEqual: of(h.greaterEqual),
  Identity: ([x]) => x,
  Less: of(h.less),
  LessOrEqual: of(h.lessEqual),
  Log: of(h.log),
  Max: fold(h.maximum),
  Mean: inputs =>
    div(
      inputs.reduce((x, y) => add(x, y)),
      inputs.length,
    ),
  Min: fold(h.minimum),
  Mul: of((x, y) => mul(x, y)),
  Neg: of(h.neg),
  Not: of(h.logicalNot),
  Or: of(h.logicalOr),
  // The result has the base's type.
  Pow: of((x, y) => h.cast(h.pow(x, y), x.dtype)),
  Reciprocal: of(h.reciprocal),
  Sign: of(h.sign),
  Sin: of(h.sin),
  Sqrt: of(h.sqrt),
  Sub: of(h.sub),
  Sum: fold((x, y) => add(x, y)),
  Where: of(h.where),

  Elu: ([x], { alpha = 1 }) => nn.elu(x, alpha),
  Gelu: ([x], { approximate }) => nn.gelu(x, { approximate: approximate === 'tanh' }),
  HardSigmoid: ([x], { alpha = 0.2, beta = 0.5 }) => nn.hardTanh(add(mul(alpha, x), beta), 0, 1),
  LeakyRelu: ([x], { alpha = 0.01 }) => nn.leakyRelu(x, alpha),
  LogSoftmax: along(h.logSoftmax),
  Mish: of(nn.mish),
  Relu: of(nn.relu),
  Selu: ([x], { alpha, gamma }) => mul(gamma, nn.elu(x, alpha)),
  Sigmoid: of(h.sigmoid),
  Softmax: along(h.softmax),
  Softplus: ([x]) => nn.softplus(x),
  Softsign: of(nn.softsign),
  SwiGLU: of((a, b) => mul(nn.silu(a), b)),
  Swish: ([x], { alpha = 1 }) => nn.swish(x, alpha),
  Tanh: of(h.tanh),

  ArgMax: argument(h.argmax),
  ArgMin: argument(h.argmin),
  ReduceL1: reduction((x, options) => h.norm(x, { order: 1, ...options })),
  ReduceL2: reduction(h.norm),
  ReduceLogSum: reduction((x, options) => h.log(h.sum(x, options))),
  ReduceLogSumExp: reduction(h.logsumexp),
  ReduceMax: reduction(h.max),
  ReduceMean: reduction(h.mean),
  ReduceMin: reduction(h.min),
  ReduceProd: reduction((x, options) => later.prod(x, options)),
  ReduceSum: reduction(h.sum),
  ReduceSumSquare: reduction((x, options) => h.sum(h.square(x), options)),

  Gemm: ([a, b, c], { alpha = 1, beta = 1, transA, transB }) => {
    const product = mul(alpha, h.matmul(transA ? h.transpose(a) : a, transB ? h.transpose(b) : b))
    return c === undefined ? product : add(product, mul(beta, c))
  },
  MatMul: of(h.matmul),
}
