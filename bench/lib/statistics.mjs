// The few statistics that the tables show.

export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = q * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}

export const median = values => quantile(values, 0.5)

/** Half the range between the quartiles, as a share of the median. */
export const spread = values => (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values)

/** Median of the ratios of two systems round by round: what disturbs a whole round does not count. */
export const ratio = (times, reference) => median(times.map((time, round) => time / reference[round]))
