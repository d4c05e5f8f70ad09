// Elementwise operations and casts.

import { b2, binary, f2, f23, floatUnary, h, i2, type Row, reduction, unary } from './given.js'

export const elementwiseRows: Record<string, Row[]> = {
  ...Object.fromEntries(
    ['add', 'mul', 'sub', 'div', 'rem', 'pow', 'maximum', 'minimum', 'equal', 'notEqual', 'less', 'lessEqual']
      .concat(['greater', 'greaterEqual', 'mod', 'floorDivide', 'logAddExp', 'hypot', 'atan2'])
      .map(name => [name, binary(name)]),
  ),
  ...Object.fromEntries(
    ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor'].map(name => [
      name,
      [...binary(name), [() => h[name](f2, f2), `${name}: dtype float32 is not accepted`]] as Row[],
    ]),
  ),
  ...Object.fromEntries(
    ['shiftLeft', 'shiftRight'].map(name => [
      name,
      [...binary(name), [() => h[name](b2, b2), `${name}: dtype bool is not accepted`]] as Row[],
    ]),
  ),
  logicalAnd: [[() => h.logicalAnd('a', f2), 'logicalAnd: an argument is the string a']],
  logicalOr: [[() => h.logicalOr(f2), 'logicalOr: an argument is undefined']],
  logicalNot: [[() => h.logicalNot([1]), 'logicalNot: an argument is an array']],
  bitwiseNot: [...unary('bitwiseNot'), [() => h.bitwiseNot(f2), 'dtype float32 is not accepted']],
  neg: [...unary('neg'), [() => h.neg(b2), 'neg: dtype bool is not accepted']],
  sign: [...unary('sign'), [() => h.sign(b2), 'sign: dtype bool is not accepted']],
  abs: unary('abs'),
  square: [[() => h.square('a'), 'an argument is the string a']],
  clip: [[() => h.clip(f2, f23, 1), 'maximum: shapes do not broadcast: [2] and [2, 3]']],
  ...Object.fromEntries(
    ['exp', 'expm1', 'log', 'log1p', 'sqrt', 'rsqrt', 'erf', 'sigmoid', 'tanh', 'sin', 'cos']
      .concat(['exp2', 'log2', 'log10', 'tan', 'asin', 'acos', 'sinh', 'cosh', 'asinh', 'acosh', 'atanh'])
      .concat(['reciprocal', 'nanToNum'])
      .map(name => [name, floatUnary(name)]),
  ),
  ceil: unary('ceil'),
  floor: unary('floor'),
  round: unary('round'),
  isFinite: unary('isFinite'),
  isInf: unary('isInf'),
  isNan: unary('isNan'),
  trunc: [...unary('trunc'), [() => h.trunc(b2), 'ceil: dtype bool is not accepted']],
  atan: [...unary('atan'), [() => h.atan(i2), 'atan2: dtype int32 is not accepted']],
  where: [
    [() => h.where('a', 1, 2), 'where: an argument is the string a'],
    [() => h.where(b2, f23, 0), 'where: shapes do not broadcast'],
    [() => h.where(b2, 'a', 0), 'where: an argument is the string a'],
  ],
  cast: [
    [() => h.cast(f2, 'float64'), 'cast: unknown dtype "float64"; there are float32'],
    [() => h.cast([1], 'int32'), 'cast: the argument is an array, not a tensor'],
  ],
  ...Object.fromEntries(['sum', 'mean', 'variance', 'std', 'any', 'all'].map(name => [name, reduction(name)])),
}
