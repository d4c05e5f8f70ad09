// What the compiler's tests share: the program that a function becomes, before and after passes, and what is in it.
import { compile, type Executable } from '../../ts/compiler/compile.js'
import { optimize, type PassName, passNames, withoutPasses } from '../../ts/compiler/optimize.js'
import { isProgram } from '../../ts/compiler/passes/rewrite.js'
import { checkProgram, type Program } from '../../ts/core/program.js'
import type { Tensor } from '../../ts/index.js'
import { closedFunction } from '../../ts/transforms/function.js'

/** The program of `f` on these arguments. */
export function traced<A extends unknown[]>(f: (...args: A) => unknown, ...args: A): Program {
  const { program, captured } = closedFunction('traced', f as (...args: never[]) => unknown, args)
  if (captured.length > 0) throw new Error('traced: the function captures values')
  return program
}

/** The program after these passes only, checked. */
export function after(names: readonly PassName[], program: Program): Program {
  const off = passNames.filter(name => !names.includes(name))
  const result = withoutPasses(off, () => optimize(program))
  checkProgram(result)
  return result
}

/** How often a primitive stands in a program, those in loops apart under `loop`. */
export function count(program: Program, name: string): { outside: number; inside: number } {
  let outside = 0
  let inside = 0
  for (const { primitive, params } of program.equations) {
    if (primitive.name === name) outside++
    for (const part of Object.values((params ?? {}) as object)) {
      if (!isProgram(part)) continue
      const inner = count(part, name)
      inside += inner.outside + inner.inside
    }
  }
  return { outside, inside }
}

/** The compiled program; its results must be computed ones. */
export const compiled = (program: Program): Executable => compile(program)

/** Largest distance between two tensors. */
export function distance(a: Tensor, b: Tensor): number {
  const y = b.data()
  return Math.max(0, ...Array.from(a.data(), (value, i) => Math.abs(value - y[i])))
}
