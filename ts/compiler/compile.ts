// A program becomes an executable: lowered, planned, encoded; and which results may take the place of donated arguments.
import type { Program, Var } from '../core/program.js'
import { type Code, LoadedCode } from '../runtime/machine.js'
import { emitCopy } from './emit-copy.js'
import { encode } from './encode.js'
import { type Checks, type Instruction, Lowering, type PrintSite, SLOT } from './lowering.js'
import { isOn } from './optimize.js'
import { isOperand, type Life, type Plan, planMemory } from './plan.js'
import { type Buffer, elements, ITEM_BYTES, sameView, wholeBuffer } from './view.js'

export interface Executable {
  readonly code: LoadedCode
  /** The donated input whose memory result i takes, or -1. */
  readonly aliases: readonly number[]
  /** Bytes of arena that a run needs. */
  readonly peak: number
  /** Number of machine instructions. */
  readonly length: number
  readonly instructions: readonly Instruction[]
  readonly prints: readonly PrintSite[]
}

/**
 * Compiles a program whose outputs are distinct variables, none of them an input.
 * `donated[i]`: input i may be overwritten. `checks`: which results are looked at for NaN and infinity.
 */
export function compile(program: Program, donated: readonly boolean[] = [], checks?: Checks): Executable {
  const lowering = new Lowering(checks, isOn('pack'), isOn('contract'))
  const inputs = program.inputs.map((variable, i) => slotBuffer(variable, SLOT.first + i))
  const outputs = program.outputs.map((atom, i) => slotBuffer(atom as Var, SLOT.first + inputs.length + i))
  program.inputs.forEach((variable, i) => {
    lowering.define(variable, wholeBuffer(inputs[i], variable.aval.shape))
  })
  program.outputs.forEach((atom, i) => {
    lowering.aim(atom as Var, wholeBuffer(outputs[i], atom.aval.shape))
  })
  lowering.lower(program)
  program.outputs.forEach((atom, i) => {
    const target = wholeBuffer(outputs[i], atom.aval.shape)
    const view = lowering.view(atom)
    if (!sameView(view, target)) emitCopy(lowering, view, target)
  })
  const { instructions } = lowering
  const plan = planMemory(instructions, lowering.arena)
  const code: Code = {
    words: encode(instructions, plan),
    constants: lowering.constants,
    peak: plan.peak,
    slots: inputs.length + outputs.length,
  }
  return {
    code: new LoadedCode(code),
    aliases: findAliases(instructions, plan, inputs, outputs, donated),
    peak: plan.peak,
    length: instructions.length,
    instructions,
    prints: lowering.prints,
  }
}

const slotBuffer = (variable: Var, slot: number): Buffer => ({
  bytes: elements(variable.aval.shape) * ITEM_BYTES,
  slot,
  depth: 0,
})

/** Results take the place of donated inputs of their size that are read no more; those updated in place first. */
function findAliases(
  instructions: readonly Instruction[],
  plan: Plan,
  inputs: Buffer[],
  outputs: Buffer[],
  donated: readonly boolean[],
): number[] {
  const aliases = outputs.map(() => -1)
  const taken = new Set<number>()
  const pair = (fits: (input: Buffer, output: Buffer) => boolean) => {
    outputs.forEach((output, o) => {
      if (aliases[o] >= 0) return
      const found = inputs.findIndex(
        (input, i) => donated[i] && !taken.has(i) && input.bytes === output.bytes && fits(input, output),
      )
      if (found < 0) return
      aliases[o] = found
      taken.add(found)
    })
  }
  const life = (buffer: Buffer): Life | undefined => plan.lives.get(buffer)
  pair((input, output) => isUpdatedInPlace(instructions, life(input), life(output), input, output))
  pair((input, output) => (life(input)?.last ?? -1) < (life(output)?.first ?? 0))
  return aliases
}

function isUpdatedInPlace(
  instructions: readonly Instruction[],
  from: Life | undefined,
  to: Life | undefined,
  input: Buffer,
  output: Buffer,
): boolean {
  if (from === undefined || to === undefined || from.last !== to.first) return false
  const instruction = instructions[to.first]
  if (!instruction.elementwise) return false
  const operands = instruction.fields.filter(isOperand)
  const out = operands.find(operand => operand.view.buffer === output)
  return (
    out !== undefined &&
    operands.every(operand => operand.view.buffer !== input || sameView({ ...operand.view, buffer: output }, out.view))
  )
}
