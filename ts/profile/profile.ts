// profile: a function is compiled as jit compiles it and run step by step; each machine instruction, and with it the
// user's line that it came from, gets its time.
import { optimize } from '../compiler/optimize.js'
import { buildRunnable, runPrepared } from '../core/execute.js'
import { checkOptions } from '../core/options.js'
import { addresses, bindSlots, freeResults, literals, type Runnable } from '../core/slots.js'
import type { Tensor } from '../core/tensor.js'
import { isTracing, withSources } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { LoadedCode } from '../runtime/machine.js'
import { closedFunction } from '../transforms/function.js'
import { clockTick, emptyStep, haltEverywhere, runStepped, type Times } from './step.js'
import { showProfile } from './table.js'
import { workOf } from './work.js'

/** How much time a profile may take. */
export interface ProfileOptions {
  /** For how long to measure (500). */
  milliseconds?: number
}

/** Time and work of one call, of an instruction or of a line. */
interface Spent {
  /** Milliseconds in one call of the function. */
  milliseconds: number
  /** Of the time of all instructions, 0 to 1. */
  share: number
  /** 1e9 floating-point operations a second; null where there is no matrix product. */
  gflops: number | null
  /** 1e9 bytes of operands a second. */
  gigabytes: number
}

/** One machine instruction. */
export interface ProfileRow extends Spent {
  /** `gemm`, `map`, `reduce`, ... */
  name: string
  /** Its sizes (M x K x N of a gemm), and the operations of a map. */
  detail: string
  /** The calls of the user's that it computes, `file:line:column`, those with most operations first; empty where unknown. */
  sources: string[]
  /** How often one call of the function runs it. */
  calls: number
}

/** One line of the user's: a share of every instruction that computes something for it. */
export interface ProfileLine extends Spent {
  /** `file:line`, or null for what has no line. */
  source: string | null
}

/** Where the time of one call goes; `String(profile)` is a table. */
export interface Profile<B = unknown> {
  /** Milliseconds of one call, run without looking. */
  milliseconds: number
  /** Bytes of temporaries at the peak. */
  peakBytes: number
  /** Instructions, those that took longest first. */
  rows: ProfileRow[]
  /** The user's lines, those that took longest first. */
  lines: ProfileLine[]
  /** What the function returned. */
  result: B
  /** The table: instructions, then lines. */
  toString(): string
}

/**
 * Time and GFLOP/s or GB/s of `f`, compiled as by `jit`, by machine instruction and by the user's line. Slow: the
 * function runs many times, step by step. Throws inside of another transform.
 * @example
 * const loss = (w: Tensor, x: Tensor) => sum(tanh(matmul(x, w)))
 * const report = profile(grad(loss), { milliseconds: 20 })(ones([64, 64]), ones([32, 64]))
 * report.rows.some(({ name }) => name === 'gemm') // true
 * const table = String(report) // time and GFLOP/s of each instruction, time of each line
 */
export function profile<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  options: ProfileOptions = {},
): (...args: A) => Profile<B> {
  if (typeof f !== 'function') throw typeError('profile: the first argument is not a function')
  checkOptions('profile', options, { milliseconds: 1 })
  const { milliseconds = 500 } = options
  if (!(milliseconds >= 0)) throw rangeError(`profile: milliseconds is ${milliseconds}, not a time to measure for`)
  return (...args) => {
    if (isTracing()) throw typeError('profile: called inside of jit, grad or another transform; call it around them')
    const { program, captured, leaves, build } = withSources(() => closedFunction('profile', f, args))
    // What passes make anew has the line of what it stands for.
    const optimized = withSources(
      () => optimize(program),
      () => null,
    )
    const runnable = buildRunnable('profile', optimized)
    const values = [...captured, ...leaves]
    try {
      const result = build(runPrepared(runnable, values)) as B
      const isFine = clockTick() < FINE_TICK
      const times = timeSteps(runnable, values, milliseconds, isFine)
      // Now that the engine has compiled the kernels well.
      const whole = timeWhole(runnable, values, milliseconds, isFine)
      return report(runnable, times, whole, result)
    } finally {
      runnable.executable.code.unload()
    }
  }
}

/** No more runs than this, so that there is room for the times of all. */
const MOST_RUNS = 2000

/** Runs `body` with operands and results in place, again and again; what it returned. */
function repeat<T>(
  runnable: Runnable,
  values: readonly Tensor[],
  limit: number,
  body: (count: number) => T,
): [T, ...T[]] {
  const storages = bindSlots(runnable, values)
  const count = values.length + storages.length
  try {
    const start = performance.now()
    const results: [T, ...T[]] = [body(count)]
    while (results.length < MOST_RUNS && (results.length < 3 || performance.now() - start < limit)) {
      results.push(body(count))
    }
    return results
  } finally {
    freeResults(storages, values)
  }
}

/** The faster half of the runs: in the slower ones others had the processor, or the engine was still compiling. */
const fasterHalf = <T>(runs: readonly T[], time: (run: T) => number): T[] =>
  runs.toSorted((a, b) => time(a) - time(b)).slice(0, (runs.length + 1) >> 1)

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

/** Milliseconds between two readings of a clock that can time single instructions. */
const FINE_TICK = 0.002

/**
 * What a thing takes, from the times of many runs. A fine clock lets the faster ones be chosen; by a coarse one, what is
 * shorter than its tick has a time only on the average.
 */
function usual(times: readonly number[], isFine: boolean): number {
  return mean(isFine ? fasterHalf(times, time => time) : times)
}

/** Milliseconds of a run in one piece. */
function timeWhole(runnable: Runnable, values: readonly Tensor[], limit: number, isFine: boolean): number {
  const { code } = runnable.executable
  const times = repeat(runnable, values, limit / 2, count => {
    const start = performance.now()
    code.run(addresses, literals, count)
    return performance.now() - start
  })
  return usual(times, isFine)
}

/** Milliseconds and calls of every instruction in one run, without what looking at the clock takes. */
function timeSteps(runnable: Runnable, values: readonly Tensor[], limit: number, isFine: boolean): Times {
  const { executable } = runnable
  const stepped = haltEverywhere(executable.code.code)
  const code = new LoadedCode({ ...executable.code.code, words: stepped.words })
  try {
    const all = repeat({ ...runnable, executable: { ...executable, code } }, values, limit, count => {
      const slots = [addresses, literals, count] as const
      return { empty: emptyStep(code, slots), ...runStepped(stepped, code, slots) }
    })
    const runs = isFine ? all : fasterHalf(all, ({ total }) => total)
    const { calls } = runs[0]
    const empties = all.map(({ empty }) => empty)
    const empty = isFine ? Math.min(...empties) : mean(empties)
    const milliseconds = calls.map((count, i) => {
      const times = runs.map(run => run.milliseconds[i])
      return Math.max(0, usual(times, isFine) - count * empty)
    })
    return { milliseconds, calls, total: milliseconds.reduce((a, b) => a + b, 0) }
  } finally {
    code.unload()
  }
}

/** Time, operations and bytes, added up. */
interface Sum {
  milliseconds: number
  flops: number
  bytes: number
}

const spent = ({ milliseconds, flops, bytes }: Sum, total: number): Spent => ({
  milliseconds,
  share: total > 0 ? milliseconds / total : 0,
  gflops: flops > 0 && milliseconds > 0 ? flops / milliseconds / 1e6 : null,
  gigabytes: milliseconds > 0 ? bytes / milliseconds / 1e6 : 0,
})

function report<B>({ executable }: Runnable, times: Times, whole: number, result: B): Profile<B> {
  const rows: (Omit<ProfileRow, keyof Spent> & Sum)[] = []
  const lines = new Map<string | null, Sum>()
  let total = 0
  executable.instructions.forEach((instruction, i) => {
    const work = workOf(instruction)
    if (work === null) return
    const calls = times.calls[i]
    const sum = { milliseconds: times.milliseconds[i], flops: work.flops * calls, bytes: work.bytes * calls }
    total += sum.milliseconds
    const weights = weigh(instruction.source)
    rows.push({ ...work, ...sum, calls, sources: [...weights.keys()].filter(source => source !== null) })
    for (const [place, weight] of weights) {
      const source = place === null ? null : place.replace(/:\d+$/, '')
      const line = lines.get(source) ?? { milliseconds: 0, flops: 0, bytes: 0 }
      line.milliseconds += weight * sum.milliseconds
      line.flops += weight * sum.flops
      line.bytes += weight * sum.bytes
      lines.set(source, line)
    }
  })
  const byTime = (a: Spent, b: Spent): number => b.milliseconds - a.milliseconds
  const made: Omit<Profile<B>, 'toString'> = {
    milliseconds: whole,
    peakBytes: executable.peak,
    rows: rows
      .map(({ name, detail, sources, calls, ...sum }) => ({ name, detail, sources, calls, ...spent(sum, total) }))
      .sort(byTime),
    lines: [...lines].map(([source, sum]) => ({ source, ...spent(sum, total) })).sort(byTime),
    result,
  }
  return { ...made, toString: () => showProfile(made) }
}

/** The lines of an equation and what part of it is theirs: a fused one names one for each of its operations. */
function weigh(source: string | null | undefined): Map<string | null, number> {
  const parts = (source ?? '').split('\n')
  const counts = new Map<string | null, number>()
  for (const part of parts) counts.set(part || null, (counts.get(part || null) ?? 0) + 1 / parts.length)
  return new Map([...counts].sort(([, a], [, b]) => b - a))
}
