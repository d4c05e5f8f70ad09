// The passes, in their order; each can be switched off. All but the last rewrite programs; pack happens at lowering.
import type { Program } from '../core/program.js'
import { accumulate } from './passes/accumulate.js'
import { commute } from './passes/commute.js'
import { contract } from './passes/contract.js'
import { fuse } from './passes/fuse.js'
import { hoist } from './passes/hoist.js'
import { inlineAll, inlineCalls } from './passes/inline.js'
import { simplify } from './passes/simplify.js'
import { sink } from './passes/sink.js'

/** Rewritings of programs that keep their meaning, by name, in the order in which they run. */
const passes = {
  inlineCalls,
  simplify,
  hoist,
  sink,
  contract,
  commute,
  inlineAll,
  accumulate,
  fuse,
} satisfies Record<string, (program: Program) => Program>

export type PassName = keyof typeof passes | 'pack'

/** Those that change the order of sums, and with it low bits. */
export const reorderingPasses: readonly PassName[] = ['hoist', 'sink', 'contract', 'commute', 'accumulate']

const off = new Set<PassName>()

/** Names of all passes. */
export const passNames: readonly PassName[] = [...(Object.keys(passes) as PassName[]), 'pack']

/** Runs `body` with some passes switched off; programs compiled meanwhile are cached apart. */
export function withoutPasses<T>(names: readonly PassName[], body: () => T): T {
  const added = names.filter(name => !off.has(name))
  for (const name of added) off.add(name)
  try {
    return body()
  } finally {
    for (const name of added) off.delete(name)
  }
}

/** Which passes are off now, as part of a cache key. */
export const passKey = (): string => (off.size === 0 ? '' : `without ${[...off].sort().join()};`)

/** True unless the pass is switched off now. */
export const isOn = (name: PassName): boolean => !off.has(name)

/** The program after all passes over programs that are on. */
export const optimize = (program: Program): Program =>
  Object.entries(passes).reduce((result, [name, pass]) => (isOn(name as PassName) ? pass(result) : result), program)
