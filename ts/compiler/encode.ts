// Symbolic instructions to the machine's words (assembly/format.ts).
import { Opcode } from '../../assembly/format.js'
import { type Instruction, SLOT } from './lowering.js'
import { isOperand, type Plan } from './plan.js'

/** The words of a program. */
export function encode(instructions: readonly Instruction[], plan: Plan): Uint32Array<ArrayBuffer> {
  const starts: number[] = []
  let at = 0
  for (const { fields, depth } of instructions) {
    starts.push(at)
    at += 2
    for (const field of fields) at += isOperand(field) ? 2 + depth : 1
  }
  starts.push(at)
  const words = new Uint32Array(at + 2)
  instructions.forEach((instruction, index) => {
    let word = starts[index]
    words[word++] = instruction.opcode | ((starts[index + 1] - starts[index]) << 16)
    words[word++] = instruction.equation
    const depth = instruction.depth
    for (const field of instruction.fields) {
      if (!isOperand(field)) {
        words[word++] = field
        continue
      }
      const { buffer, offset, steps } = field.view
      words[word++] = buffer.slot ?? SLOT.arena
      words[word++] = offset + (buffer.slot === null ? plan.offsets.get(buffer)! : 0)
      for (let loop = 0; loop < depth; loop++) words[word++] = steps[loop] ?? 0
    }
    // Where to continue is the last field of what does not go on with the next instruction.
    if (instruction.end !== undefined) words[word - 1] = starts[instruction.end + 1] - starts[index]
  })
  words[at] = Opcode.Halt | (2 << 16)
  return words
}
