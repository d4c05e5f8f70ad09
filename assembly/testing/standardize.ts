// Naive twin of Standardize, in double precision from the definition.
import { Standardize } from '../format'

export function naiveStandardize(
  flags: u32, rows: u32, length: u32, epsilon: f32, out: usize, factors: usize, source: usize, results: usize
): void {
  for (let r: u32 = 0; r < rows; r++) {
    const from = source + ((r * length) << 2), to = out + ((r * length) << 2), y = results + ((r * length) << 2)
    let mean: f64 = 0, square: f64 = 0
    if (!(flags & Standardize.Uncentred)) for (let i: u32 = 0; i < length; i++) mean += at(from, i) / length
    const isDerivative = flags & Standardize.Derivative
    for (let i: u32 = 0; i < length; i++) {
      square += (isDerivative ? at(from, i) * at(y, i) : (at(from, i) - mean) * (at(from, i) - mean)) / length
    }
    if (!isDerivative) store<f32>(factors + (r << 2), <f32>(1 / Math.sqrt(square + epsilon)))
    for (let i: u32 = 0; i < length; i++) {
      const value = isDerivative
        ? (at(from, i) - mean - at(y, i) * square) * at(factors, r)
        : (at(from, i) - mean) / Math.sqrt(square + epsilon)
      store<f32>(to + (i << 2), <f32>value)
    }
  }
}

function at(x: usize, i: u32): f64 {
  return load<f32>(x + (i << 2))
}
