// The memory plan: when each arena buffer lives, which share a place, and where it lies. The peak is known before the
// program runs.
import { Opcode } from '../../assembly/format.js'
import type { Field, Instruction, Operand } from './lowering.js'
import { type Buffer, sameView } from './view.js'

const ALIGNMENT = 64

export interface Plan {
  /** Byte offset of each arena buffer. */
  readonly offsets: ReadonlyMap<Buffer, number>
  /** Bytes of the arena. */
  readonly peak: number
  /** First write and last read of every buffer, in instructions. */
  readonly lives: ReadonlyMap<Buffer, Life>
}

/** Instructions at which a buffer is first and last touched, loops considered. */
export interface Life {
  first: number
  last: number
  readonly firstWrite: number
  /** Last instruction that reads it, before loops stretch it. */
  readonly lastRead: number
}

/** True for a field that names memory, not a number. */
export const isOperand = (field: Field): field is Operand => typeof field === 'object'

/** Places the arena's buffers. */
export function planMemory(instructions: readonly Instruction[], arena: readonly Buffer[]): Plan {
  const lives = findLives(instructions)
  const roots = shareInPlace(instructions, lives)
  const groups = new Map<Buffer, { bytes: number; first: number; last: number }>()
  for (const buffer of arena) {
    const life = lives.get(buffer)
    if (life === undefined || buffer.bytes === 0) continue
    const root = roots(buffer)
    const group = groups.get(root)
    if (group === undefined) groups.set(root, { bytes: buffer.bytes, first: life.first, last: life.last })
    else {
      group.first = Math.min(group.first, life.first)
      group.last = Math.max(group.last, life.last)
    }
  }
  // Largest first, each at the lowest place that is free for as long as it lives.
  const placed: { offset: number; bytes: number; first: number; last: number }[] = []
  const places = new Map<Buffer, number>()
  let peak = 0
  for (const [root, group] of [...groups].sort((a, b) => b[1].bytes - a[1].bytes)) {
    const bytes = Math.ceil(group.bytes / ALIGNMENT) * ALIGNMENT
    let offset = 0
    for (const other of placed) {
      if (other.last < group.first || other.first > group.last) continue
      if (other.offset - offset >= bytes) break
      offset = Math.max(offset, other.offset + other.bytes)
    }
    places.set(root, offset)
    const at = placed.findIndex(other => other.offset > offset)
    placed.splice(at < 0 ? placed.length : at, 0, { offset, bytes, first: group.first, last: group.last })
    peak = Math.max(peak, offset + bytes)
  }
  const offsets = new Map<Buffer, number>()
  for (const buffer of arena) offsets.set(buffer, places.get(roots(buffer)) ?? 0)
  return { offsets, peak, lives }
}

function findLives(instructions: readonly Instruction[]): Map<Buffer, Life> {
  const lives = new Map<Buffer, { first: number; last: number; firstWrite: number; lastRead: number }>()
  const loops: { begin: number; end: number }[] = []
  instructions.forEach((instruction, index) => {
    if (instruction.opcode === Opcode.Loop) loops.push({ begin: index, end: instruction.end! })
    for (const field of instruction.fields) {
      if (!isOperand(field)) continue
      const { buffer } = field.view
      let life = lives.get(buffer)
      if (life === undefined) {
        life = { first: index, last: index, firstWrite: Number.POSITIVE_INFINITY, lastRead: -1 }
        lives.set(buffer, life)
      }
      life.last = index
      if (field.access !== 'read') life.firstWrite = Math.min(life.firstWrite, index)
      if (field.access !== 'write') life.lastRead = index
    }
  })
  // What enters or leaves a loop lives through all of it; inner loops come after outer ones, so go from the inside.
  for (const { begin, end } of loops.reverse()) {
    for (const life of lives.values()) {
      if (life.first < begin && life.last >= begin && life.last <= end) life.last = end
      if (life.first >= begin && life.first <= end && life.last > end) life.first = begin
    }
  }
  return lives
}

/** Union of buffers that may be one: an elementwise result takes the place of an operand that dies there. */
function shareInPlace(instructions: readonly Instruction[], lives: Map<Buffer, Life>): (buffer: Buffer) => Buffer {
  const parent = new Map<Buffer, Buffer>()
  const find = (buffer: Buffer): Buffer => {
    let root = buffer
    for (let next = parent.get(root); next !== undefined; next = parent.get(root)) root = next
    return root
  }
  const groupLast = new Map<Buffer, number>()
  instructions.forEach((instruction, index) => {
    if (!instruction.elementwise) return
    const operands = instruction.fields.filter(isOperand)
    const taken = new Set<Buffer>()
    for (const out of operands) {
      if (out.access === 'read') continue
      const outLife = lives.get(out.view.buffer)!
      if (out.view.buffer.slot !== null || outLife.first !== index || parent.has(out.view.buffer)) continue
      const dying = operands.find(({ access, view }) => {
        const { buffer } = view
        if (access !== 'read' || buffer.slot !== null || buffer.bytes !== out.view.buffer.bytes) return false
        const root = find(buffer)
        const last = groupLast.get(root) ?? lives.get(buffer)!.last
        const isSame = sameView({ ...view, buffer: out.view.buffer }, out.view)
        const isOnlyView = operands.every(other => other.view.buffer !== buffer || sameView(other.view, view))
        return !taken.has(root) && last === index && lives.get(buffer)!.last === index && isSame && isOnlyView
      })
      if (dying === undefined) continue
      const root = find(dying.view.buffer)
      parent.set(out.view.buffer, root)
      groupLast.set(root, outLife.last)
      taken.add(root)
    }
  })
  return find
}
