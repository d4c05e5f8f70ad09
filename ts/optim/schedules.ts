// Schedules: values over the steps, as tensor programs of the step (0 for the first update), so that they compile with it
// and are the same everywhere. Their names and shapes are Optax's.
import { checkOptions } from '../core/options.js'
import { describe, type Tensor } from '../core/tensor.js'
import { isPlainObject } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { add, clip, div, maximum, minimum, mul, sub } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { less } from '../ops/compare.js'
import { exp, log, rsqrt } from '../ops/exponential.js'
import { full } from '../ops/full.js'
import { floor } from '../ops/rounding.js'
import { cos } from '../ops/trigonometric.js'
import { where } from '../ops/where.js'
import type { Schedule } from './schedule.js'

const float = (step: Tensor): Tensor => cast(step, 'float32')

function checkSteps(operation: string, steps: Record<string, number>): void {
  for (const [name, value] of Object.entries(steps)) {
    if (!(value > 0)) throw rangeError(`${operation}: ${name} is a positive number of steps, not ${value}`)
  }
}

/** How much of `steps` is done: from 0 to 1. */
const progress = (step: Tensor, steps: number): Tensor => clip(div(float(step), steps), 0, 1)

/** From 1 at progress 0 to 0 at progress 1, by half a cosine. */
const cosine = (done: Tensor): Tensor => mul(add(cos(mul(done, Math.PI)), 1), 0.5)

/** `from` where `share` is 0, `to` where it is 1: exactly, at both ends. */
const between = (from: number, to: number, share: Tensor): Tensor => add(mul(sub(1, share), from), mul(share, to))

/**
 * The same value at every step.
 * @example constantSchedule(0.1)(tensor(7)).item() // 0.1
 */
export const constantSchedule =
  (value: number): Schedule =>
  () =>
    full([], value)

/**
 * From `init` to `end` in a straight line over `steps`, then `end`. Throws unless `steps` is positive.
 * @example linearSchedule(1, 0, 10)(tensor(4)).item() // 0.6
 */
export const linearSchedule = (init: number, end: number, steps: number): Schedule =>
  polynomialSchedule(init, end, 1, steps)

/**
 * From `init` to `end` over `steps`: `end + (init - end) (1 - step / steps)^power`, then `end`; `power` is a positive integer.
 * @example polynomialSchedule(1, 0, 2, 10)(tensor(5)).item() // 0.25
 */
export function polynomialSchedule(init: number, end: number, power: number, steps: number): Schedule {
  checkSteps('polynomialSchedule', { steps })
  if (!Number.isInteger(power) || power < 1) {
    throw rangeError(`polynomialSchedule: the power is a positive integer, not ${power}`)
  }
  return step => {
    const left = sub(1, progress(step, steps))
    let share = left
    for (let i = 1; i < power; i++) share = mul(share, left)
    return between(end, init, share)
  }
}

/**
 * `init` times `rate` for each `steps` that have passed: `init * rate^(step / steps)`; `staircase`: in jumps, at each whole
 * one; never beyond `end`, where given. Throws unless `rate` and `steps` are positive.
 * @example exponentialDecay(1, { steps: 10, rate: 0.25 })(tensor(5)).item() // 0.5
 */
export function exponentialDecay(
  init: number,
  options: { steps: number; rate: number; staircase?: boolean; end?: number },
): Schedule {
  checkOptions('exponentialDecay', options, { steps: 1, rate: 1, staircase: 1, end: 1 })
  const { steps, rate, staircase = false, end } = options
  checkSteps('exponentialDecay', { steps })
  if (!(rate > 0)) throw rangeError(`exponentialDecay: the rate is positive, not ${rate}`)
  const bound = (x: Tensor) => (end === undefined ? x : rate < 1 ? maximum(x, end) : minimum(x, end))
  return step => {
    const passed = div(float(step), steps)
    return bound(mul(exp(mul(log(full([], rate)), staircase ? floor(passed) : passed)), init))
  }
}

/**
 * From `init` to `alpha * init` by half a cosine over `steps`, then that (Loshchilov and Hutter 2017, equation 5, without
 * restarts).
 * @example cosineDecaySchedule(1, 10, 0.1)(tensor(5)).item() // 0.55
 */
export function cosineDecaySchedule(init: number, steps: number, alpha = 0): Schedule {
  checkSteps('cosineDecaySchedule', { steps })
  return step => between(alpha * init, init, cosine(progress(step, steps)))
}

/** A warm-up in a straight line from `init` (0) to `peak`, then half a cosine down to `end` (0). */
export interface WarmupCosine {
  init?: number
  peak: number
  warmupSteps: number
  /** Of the warm-up and the decay together. */
  steps: number
  end?: number
}

/**
 * A warm-up in a straight line over `warmupSteps`, then half a cosine, `steps` in all, then `end`. Throws unless
 * `0 < warmupSteps < steps`.
 * @example warmupCosineDecaySchedule({ peak: 1, warmupSteps: 4, steps: 20 })(tensor(2)).item() // 0.5
 */
export const warmupCosineDecaySchedule = (options: WarmupCosine): Schedule =>
  warmupCosine('warmupCosineDecaySchedule', options)

function warmupCosine(operation: string, options: WarmupCosine): Schedule {
  checkOptions(operation, options, { init: 1, peak: 1, warmupSteps: 1, steps: 1, end: 1 })
  const { init = 0, peak, warmupSteps, steps, end = 0 } = options
  checkSteps(operation, { warmupSteps, 'steps after the warm-up': steps - warmupSteps })
  return joinSchedules(
    [linearSchedule(init, peak, warmupSteps), step => between(end, peak, cosine(progress(step, steps - warmupSteps)))],
    [warmupSteps],
  )
}

/**
 * Warm-ups and cosine decays one after the other (warm restarts: Loshchilov and Hutter 2017).
 * @example const schedule = sgdrSchedule([{ peak: 1, warmupSteps: 1, steps: 10 }, { peak: 0.5, warmupSteps: 1, steps: 20 }])
 */
export function sgdrSchedule(cycles: readonly WarmupCosine[]): Schedule {
  const schedules = cycles.map(cycle => warmupCosine('sgdrSchedule', cycle))
  let end = 0
  const ends = cycles.map(({ steps }) => (end += steps))
  return joinSchedules(schedules, ends.slice(0, -1))
}

/**
 * `factor * units^-0.5 * min(n^-0.5, n * warmupSteps^-1.5)` at step n - 1 (Vaswani et al. 2017, equation 3): up in a straight
 * line, then down with the root of the step.
 * @example noamSchedule(16, 4)(tensor(3)).item() // 0.125
 */
export function noamSchedule(units: number, warmupSteps: number, factor = 1): Schedule {
  checkSteps('noamSchedule', { warmupSteps })
  const scale = factor / Math.sqrt(units)
  return step => {
    const n = add(float(step), 1)
    return mul(minimum(rsqrt(n), div(n, warmupSteps * Math.sqrt(warmupSteps))), scale)
  }
}

/**
 * `init`, times the factor of each step that is reached: `{ 100: 0.1, 150: 0.1 }` divides by ten at 100 and again at 150.
 * @example piecewiseConstantSchedule(1, { 100: 0.1, 150: 0.5 })(tensor(120)).item() // 0.1
 */
export function piecewiseConstantSchedule(init: number, factors: Readonly<Record<number, number>>): Schedule {
  if (!isPlainObject(factors)) {
    throw typeError(`piecewiseConstantSchedule: factors come by step, as { 100: 0.1 }, not as ${describe(factors)}`)
  }
  let value = init
  const entries = Object.entries(factors).sort(([a], [b]) => Number(a) - Number(b))
  const values = entries.map(([, factor]) => (value *= factor))
  const schedules = [init, ...values].map(constantSchedule)
  return joinSchedules(
    schedules,
    entries.map(([boundary]) => Number(boundary)),
  )
}

/** The shape of the cycle. */
export interface OneCycleOptions {
  /** The share of the steps that go up (0.3). */
  up?: number
  /** The peak divided by the value at the start (25). */
  divideStart?: number
  /** The value at the start divided by the value at the end (1e4). */
  divideEnd?: number
}

/**
 * Up to `peak` and down, far below the start, by half a cosine each (Smith and Topin 2018, in PyTorch's form).
 * @example oneCycleSchedule(1, 100)(tensor(29)).item() // 1
 */
export function oneCycleSchedule(peak: number, steps: number, options: OneCycleOptions = {}): Schedule {
  checkOptions('oneCycleSchedule', options, { up: 1, divideStart: 1, divideEnd: 1 })
  const { up = 0.3, divideStart = 25, divideEnd = 1e4 } = options
  // The last step, steps - 1, has the last value.
  const [turn, last] = [up * steps - 1, steps - 1]
  checkSteps('oneCycleSchedule', { 'the way up': turn, 'the way down': last - turn })
  const start = peak / divideStart
  return step => {
    const isUp = less(float(step), turn)
    const done = where(isUp, progress(step, turn), progress(sub(float(step), turn), last - turn))
    return where(isUp, between(peak, start, cosine(done)), between(start / divideEnd, peak, cosine(done)))
  }
}

/**
 * Schedules one after the other: the next begins, with its own step 0, where a boundary is reached. Throws unless there is
 * one boundary fewer than schedules, in ascending order.
 * @example joinSchedules([constantSchedule(1), linearSchedule(1, 0, 10)], [5])(tensor(10)).item() // 0.5
 */
export function joinSchedules(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  checkSchedules(schedules, boundaries)
  if (schedules.length === 0 || boundaries.length !== schedules.length - 1) {
    throw rangeError(`joinSchedules: ${schedules.length} schedules need one boundary fewer, not ${boundaries.length}`)
  }
  if (boundaries.some((boundary, i) => !(boundary > (boundaries[i - 1] ?? -1)))) {
    throw rangeError(`joinSchedules: the boundaries ascend, and [${boundaries.join(', ')}] do not`)
  }
  return step => {
    const parts = schedules.map((schedule, i) => schedule(i === 0 ? step : sub(step, boundaries[i - 1])))
    return parts.reduce((value, part, i) => where(less(step, boundaries[i - 1]), value, part))
  }
}

function checkSchedules(schedules: unknown, boundaries: unknown): void {
  for (const [what, list] of Object.entries({ schedules, boundaries })) {
    if (!Array.isArray(list)) throw typeError(`joinSchedules: the ${what} are a list, not ${describe(list)}`)
  }
  for (const [i, schedule] of (schedules as unknown[]).entries()) {
    if (typeof schedule === 'function') continue
    throw typeError(`joinSchedules: schedule ${i} is ${describe(schedule)}, not a schedule as constantSchedule(0.1)`)
  }
}
