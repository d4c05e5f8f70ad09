// One random program, its gradient, its vmap or both, run by the reference interpreter and by the machine: with all
// passes, without any, without each alone and without a random few; with some arguments donated.
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { optimize, type PassName, passNames, reorderingPasses, withoutPasses } from '../ts/compiler/optimize.js'
import { prepareProgram, runPrepared } from '../ts/core/execute.js'
import { checkProgram, type Program, printProgram } from '../ts/core/program.js'
import type { Tensor } from '../ts/core/tensor.js'
import { add, grad, mul, sum, tensor, vmap } from '../ts/index.js'
import { type Draw, type NdArray, values } from '../ts/ops/laws.js'
import { closedFunction } from '../ts/transforms/function.js'
import { fromTensor, sameBits, toTensor } from './comparing.js'
import { mulberry32 } from './mulberry32.js'
import { type RandomProgram, randomProgram } from './random-programs.js'
import { interpret } from './reference-interpreter.js'

/** What is known of a program that agreed. */
export interface Agreement {
  readonly kind: string
  /** Passes without which it would have been compiled to something else. */
  readonly exercised: readonly PassName[]
  readonly equations: number
  /** Bounds that only the spread of disturbed references explains. */
  readonly widened: number
}

type F = (inputs: Tensor[]) => Tensor[]

const isFloat = (x: { dtype: string }): boolean => x.dtype === 'float32'

/** The float results weighed and added up. */
const lossOf =
  (f: F, isSquared: boolean) =>
  (inputs: Tensor[]): Tensor =>
    f(inputs)
      .filter(isFloat)
      .map((y, i) => sum(isSquared ? mul(y, y) : mul(y, 0.5 + i)))
      .reduce((a, b) => add(a, b), tensor(0))

/** Gradients with respect to the float inputs. */
const gradientOf =
  (loss: (inputs: Tensor[]) => Tensor): F =>
  inputs => {
    const floats = inputs.filter(isFloat)
    const merge = (list: readonly Tensor[]): Tensor[] => {
      let next = 0
      return inputs.map(x => (isFloat(x) ? list[next++] : x))
    }
    return grad((list: Tensor[]) => loss(merge(list)))(floats)
  }

/** A program as it is, or as transforms make it. */
function transformed({ f, inputs }: RandomProgram, draw: Draw): RandomProgram & { kind: string } {
  const kind = draw.pick([
    'values',
    'values',
    'values',
    'gradient',
    'gradient',
    'gradient',
    'vmap',
    'vmap of gradient',
    'gradient of vmap',
    'gradient of gradient',
  ])
  const loss = lossOf(f, draw.integer(0, 1) === 1)
  if (kind === 'values') return { kind, f, inputs }
  if (kind === 'gradient') return { kind, f: gradientOf(loss), inputs }
  if (kind === 'gradient of gradient') return { kind, f: gradientOf(lossOf(gradientOf(loss), false)), inputs }
  const size = draw.pick([2, 1, 3])
  const axes = inputs.map(({ shape }, i) => (i > 0 && draw.integer(0, 2) === 0 ? null : draw.integer(0, shape.length)))
  const batch = inputs.map((x, i) => {
    const axis = axes[i]
    if (axis === null) return x
    const shape = [...x.shape.slice(0, axis), size, ...x.shape.slice(axis)]
    return isFloat(x) ? values(draw, shape, 'float32', -1, 1) : values(draw, shape, x.dtype, 0, 5)
  })
  if (kind === 'vmap') return { kind, f: list => vmap(f, [axes])(list), inputs: batch }
  if (kind === 'vmap of gradient') return { kind, f: list => vmap(gradientOf(loss), [axes])(list), inputs: batch }
  return { kind, f: gradientOf(list => sum(vmap(loss, [axes])(list))), inputs: batch }
}

/** Relative error that rounding and other orders of summation may cause, of the largest element or 1. */
const TOLERANCE = 1e-4

/** How far results move when every value is off by some units in the last place. */
function spread(program: Program, inputs: readonly NdArray[], expected: readonly NdArray[]): number[] {
  const widths = expected.map(() => 0)
  for (let sample = 1; sample <= 4; sample++) {
    const random = mulberry32(sample)
    const disturb = (x: NdArray): NdArray =>
      isFloat(x) ? { ...x, data: x.data.map(v => v * (1 + (random() - 0.5) * 2 ** -20)) } : x
    interpret(program, inputs.map(disturb), disturb).forEach(({ data }, i) => {
      data.forEach((value, k) => {
        widths[i] = Math.max(widths[i], Math.abs(value - expected[i].data[k]))
      })
    })
  }
  return widths
}

/** Compares results with the reference's; says how many bounds had to be widened. */
function comparer(program: Program, inputs: readonly NdArray[]) {
  const expected = interpret(program, inputs)
  let widths: number[] | null = null
  let widened = 0
  const check = (what: string, actual: readonly Tensor[]): void => {
    assert.is(actual.length, expected.length, `${what}: number of results`)
    actual.forEach((y, i) => {
      const { shape, dtype, data } = expected[i]
      assert.equal([y.shape, y.dtype], [shape, dtype], `${what}: type of result ${i}`)
      const found = y.data()
      if (data.some(Number.isNaN)) throw new Error(`${what}: the reference of result ${i} has NaN`)
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
      let allowed = isFloat(y) ? TOLERANCE * largest : 0
      data.forEach((right, k) => {
        if (Math.abs(found[k] - right) <= allowed) return
        if (isFloat(y) && widths === null) widths = spread(program, inputs, expected)
        if (isFloat(y) && Number.isFinite(found[k])) allowed = Math.max(allowed, 16 * widths![i])
        if (Math.abs(found[k] - right) <= allowed) widened++
        else {
          const place = `${what}: element ${k} of result ${i}, ${dtype}[${shape}],`
          throw new Error(`${place} is ${found[k]}, expected ${right} within ${allowed}`)
        }
      })
    })
  }
  return { check, widened: () => widened }
}

const named = (off: readonly PassName[]): string => (off.length === 0 ? 'with all passes' : `without ${off.join(', ')}`)

/** Draws a program and throws, telling everything about it, unless all ways to run it agree. */
export function differ(draw: Draw): Agreement {
  const { kind, f, inputs } = transformed(randomProgram(draw, true), draw)
  const { program, captured } = closedFunction('random', f, [inputs.map(toTensor)])
  const donated = inputs.map(() => draw.integer(0, 2) === 2)
  const subset = passNames.filter(() => draw.integer(0, 1) === 1)
  const isEager = draw.integer(0, 3) === 3
  const constants = captured.map(fromTensor)
  let way = 'tracing'
  try {
    return { kind, ...agree() }
  } catch (error) {
    const show = ({ shape, dtype, data }: NdArray, i: number) =>
      `input ${i}: ${dtype}[${shape}] ${JSON.stringify([...data])}${donated[i - captured.length] ? ' (donated)' : ''}`
    const story = [
      (error as Error).message,
      `${kind}, ${way}`,
      printProgram(program),
      ...[...constants, ...inputs].map(show),
    ]
    throw new Error(story.join('\n'), { cause: error })
  }

  function agree(): Omit<Agreement, 'kind'> {
    checkProgram(program)
    const { check, widened } = comparer(program, [...constants, ...inputs])
    const flags = donated.some(Boolean) ? [...captured.map(() => false), ...donated] : []
    const known = new Map<string, Tensor[]>()
    const textOf = (off: readonly PassName[]): string => {
      way = named(off)
      const optimized = withoutPasses(off, () => optimize(program))
      checkProgram(optimized)
      return printProgram(optimized)
    }
    const listing = (off: readonly PassName[]): string =>
      withoutPasses(off, () => prepareProgram(program, flags))
        .executable.instructions.map(({ opcode, depth }) => `${opcode}:${depth}`)
        .join()
    /** The results without some passes; programs that become the same run once. */
    const run = (off: readonly PassName[]): Tensor[] => {
      // Two passes have a say in the lowering, too.
      const text = [textOf(off), off.includes('pack'), off.includes('contract')].join()
      const before = known.get(text)
      if (before !== undefined) return before
      const own = inputs.map(toTensor)
      const results = withoutPasses(off, () =>
        runPrepared(prepareProgram(program, flags), [...captured, ...own], flags),
      )
      check(way, results)
      const isKept = (_: unknown, i: number) => flags[captured.length + i] !== true
      sameBits('an argument that was not donated', own.filter(isKept), inputs.filter(isKept).map(toTensor))
      known.set(text, results)
      return results
    }
    const all = run([])
    for (const name of passNames) run([name])
    const exercised = passNames.filter(name =>
      name === 'pack'
        ? listing([name]) !== listing([])
        : textOf([name]) !== textOf([]) || textOf(passNames.filter(other => other !== name)) !== textOf(passNames),
    )
    run(subset)
    if (isEager) {
      way = 'operation by operation'
      const eager = withoutPasses(reorderingPasses, () => f(inputs.map(toTensor)))
      sameBits(way, eager, run(reorderingPasses))
    }
    sameBits('with and without fuse', run(['fuse']), all)
    sameBits('with and without pack', run(['pack']), all)
    sameBits('without passes, and without those that reorder sums', run(passNames), run(reorderingPasses))
    sameBits('what it captured', captured, constants.map(toTensor))
    // What the memory held before must not matter.
    way = 'run again'
    const own = inputs.map(toTensor)
    sameBits(way, runPrepared(prepareProgram(program, flags), [...captured, ...own], flags), all)
    return { exercised, equations: program.equations.length, widened: widened() }
  }
}

/** The shortest story of a program that fails, or what is known of one that agrees. Every number is another program. */
export function differAt(seed: number, shrinkSeconds = 60): { agreement: Agreement } | { failure: string } {
  let agreement: Agreement | null = null
  const unbiased = (range: { min: number; max: number }) => fc.noBias(fc.integer(range))
  const result = fc.check(
    fc.property(fc.gen(), g => {
      const integer = (low: number, high: number) => g(unbiased, { min: low, max: high })
      const pick = <T>(list: readonly T[]): T => list[integer(0, list.length - 1)]
      agreement = differ({
        integer,
        pick,
        shape: () => {
          throw new Error('random programs choose shapes themselves')
        },
        random: () => mulberry32(integer(0, 2 ** 31 - 1)),
      })
    }),
    {
      numRuns: 1,
      seed,
      ...(shrinkSeconds > 0 ? { interruptAfterTimeLimit: shrinkSeconds * 1000 } : { endOnFailure: true }),
    },
  )
  if (!result.failed && agreement !== null) return { agreement }
  const { errorInstance, numShrinks } = result
  const story = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  return { failure: `program ${seed} (shrunk ${numShrinks} times): ${story}` }
}
