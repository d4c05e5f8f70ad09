// Where an axis is marked.

/**
 * Round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`, about `count` of them.
 * @example ticks(0, 1.1, 5) // [0, 0.2, 0.4, 0.6, 0.8, 1]
 */
export function ticks(low: number, high: number, count = 5): number[] {
  if (!Number.isFinite(low) || !Number.isFinite(high) || !(high > low)) return [low]
  const rough = (high - low) / Math.max(1, count)
  const power = Math.floor(Math.log10(rough))
  const scaled = rough / 10 ** power
  const factor = scaled < 1.5 ? 1 : scaled < 3.5 ? 2 : scaled < 7.5 ? 5 : 10
  // Counted in steps, so that no rounding piles up: 0.1 + 0.2 is not 0.3.
  const exponent = factor === 10 ? power + 1 : power
  const unit = factor === 10 ? 1 : factor
  const value = (i: number) => Number(`${i * unit}e${exponent}`)
  const step = value(1)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => value(first + i))
}

/** A number as an axis shows it: no more digits than it has, thousands as `12k`. */
export function showTick(value: number): string {
  if (Math.abs(value) >= 10000) return `${Number((value / 1000).toPrecision(4))}k`
  return String(Number(value.toPrecision(6)))
}

/** Exponents of ten from `low` to `high`, about six of them; parts of one where there are not two whole ones. */
export function powers(low: number, high: number): number[] {
  const whole = ticks(low, high, 6).filter(Number.isInteger)
  return whole.length > 1 ? whole : ticks(low, high, 4)
}

/** Ten to a power, as an axis shows it. */
export const showPower = (exponent: number): string =>
  Number.isInteger(exponent) && Math.abs(exponent) > 3
    ? `1e${exponent}`
    : String(Number((10 ** exponent).toPrecision(3)))
