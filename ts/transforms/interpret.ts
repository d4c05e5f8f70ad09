// What interpreters over programs share.
import type { Aval, Program } from '../core/program.js'

export const inputTypes = (program: Program): Aval[] => program.inputs.map(variable => variable.aval)

export const outputTypes = (program: Program): Aval[] => program.outputs.map(atom => atom.aval)

/** Elements of a list for which the mask is true. */
export const where = <T>(list: readonly T[], mask: readonly boolean[]): T[] => list.filter((_, i) => mask[i])

/** Elements of a list for which the mask is false. */
export const whereNot = <T>(list: readonly T[], mask: readonly boolean[]): T[] => list.filter((_, i) => !mask[i])

/** Interleaves two lists by a mask: the next of `yes` where it is true, else the next of `no`. */
export function merge<T>(mask: readonly boolean[], yes: readonly T[], no: readonly T[]): T[] {
  let y = 0
  let n = 0
  return mask.map(flag => (flag ? yes[y++] : no[n++]))
}

/** The next of a list where the mask is true, else null. */
export function spread<T>(mask: readonly boolean[], list: readonly T[]): (T | null)[] {
  let next = 0
  return mask.map(flag => (flag ? list[next++] : null))
}

/** Cuts a list into parts of the given lengths; what is left over is the last part. */
export function cut<T>(list: readonly T[], ...lengths: number[]): T[][] {
  const parts: T[][] = []
  let at = 0
  for (const length of lengths) {
    parts.push(list.slice(at, at + length))
    at += length
  }
  parts.push(list.slice(at))
  return parts
}

/** The mask of carries that grows until no step makes it larger. */
export function fixpoint(mask: readonly boolean[], step: (mask: readonly boolean[]) => readonly boolean[]): boolean[] {
  for (let current = mask.slice(); ; ) {
    const left = step(current)
    const next = current.map((flag, i) => flag || left[i])
    if (next.every((flag, i) => flag === current[i])) return current
    current = next
  }
}

/** A function of a program and a key that remembers its results for as long as the program lives. */
export function memoized<K, R>(
  keyOf: (key: K) => string,
  compute: (program: Program, key: K) => R,
): (program: Program, key: K) => R {
  const memory = new WeakMap<Program, Map<string, R>>()
  return (program, key) => {
    let results = memory.get(program)
    if (results === undefined) {
      results = new Map()
      memory.set(program, results)
    }
    const text = keyOf(key)
    let result = results.get(text)
    if (result === undefined) {
      result = compute(program, key)
      results.set(text, result)
    }
    return result
  }
}
