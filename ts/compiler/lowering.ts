// From equations to symbolic instructions. A Lowering knows where each variable lies and collects instructions whose
// operands still name buffers; the plan (plan.ts) places the buffers and encode.ts writes the words.
import { Opcode } from '../../assembly/format.js'
import type { Atom, Equation, Program, Var } from '../core/program.js'
import { emitCopy } from './emit-copy.js'
import { type Buffer, elements, ITEM_BYTES, isContiguous, stepView, type View, wholeBuffer } from './view.js'

/** A memory operand of an instruction. */
export interface Operand {
  readonly view: View
  readonly access: 'read' | 'write' | 'update'
}

export type Field = number | Operand

export interface Instruction {
  readonly opcode: Opcode
  readonly equation: number
  readonly depth: number
  readonly fields: Field[]
  /** For Map: result and input that may share memory element by element. */
  readonly elementwise: boolean
  /** For Loop: the index of its End. */
  end?: number
}

/** Slots that every program has; arguments and results follow. */
export const SLOT = { constants: 0, arena: 1, scratch: 2, first: 3 } as const

const SCRATCH: Buffer = { bytes: 0, slot: SLOT.scratch }

export class Lowering {
  readonly instructions: Instruction[] = []
  readonly constants: number[] = []
  readonly arena: Buffer[] = []
  private readonly constantOffsets = new Map<number, number>()
  private readonly constantBuffer: Buffer = { bytes: 0, slot: SLOT.constants }
  private readonly views = new Map<Var, View>()
  private readonly destinations = new Map<Var, View>()
  private readonly loops: Instruction[] = []
  private equation = 0

  /** Number of loops that enclose what is emitted now. */
  get depth(): number {
    return this.loops.length
  }

  /** Where the value of an atom lies. */
  view(atom: Atom): View {
    if (atom.kind === 'literal') return this.constant(atom.value, atom.aval.dtype === 'float32')
    const view = this.views.get(atom)
    if (view === undefined) throw new Error('lowering: a variable has no place yet')
    return view
  }

  /** Says that the value of a variable is this view of something that exists. */
  define(variable: Var, view: View): void {
    this.views.set(variable, view)
  }

  /** Asks that a variable be computed right where it is needed; null: anywhere. */
  aim(variable: Var, view: View | null): void {
    if (view === null) this.destinations.delete(variable)
    else this.destinations.set(variable, view)
  }

  /** The place that was asked for, if any. */
  destination(variable: Var): View | undefined {
    return this.destinations.get(variable)
  }

  /** A contiguous place for the value of a variable: its destination or a new buffer. */
  output(variable: Var): View {
    const view = this.destinations.get(variable) ?? this.temporary(variable.aval.shape)
    this.views.set(variable, view)
    return view
  }

  /** A new contiguous buffer in the arena. */
  temporary(shape: readonly number[]): View {
    return wholeBuffer(this.buffer(elements(shape) * ITEM_BYTES), shape)
  }

  /** A new buffer in the arena. */
  buffer(bytes: number): Buffer {
    const buffer: Buffer = { bytes, slot: null }
    this.arena.push(buffer)
    return buffer
  }

  /** The view itself if it is row-major without gaps, else a copy that is. */
  contiguous(view: View): View {
    return isContiguous(view) ? view : this.copy(view)
  }

  /** A row-major copy of a view. */
  copy(view: View): View {
    const copy = this.temporary(view.shape)
    emitCopy(this, view, copy)
    return copy
  }

  /** The scratch that kernels share. */
  scratch(): View {
    return wholeBuffer(SCRATCH, [])
  }

  private constant(value: number, isFloat: boolean): View {
    const bits = isFloat ? floatBits(value) : value >>> 0
    let offset = this.constantOffsets.get(bits)
    if (offset === undefined) {
      offset = this.constants.push(bits) * ITEM_BYTES - ITEM_BYTES
      this.constantOffsets.set(bits, offset)
    }
    return wholeBuffer(this.constantBuffer, [], offset)
  }

  /** Appends an instruction. */
  emit(opcode: Opcode, fields: Field[], elementwise = false): Instruction {
    const instruction = { opcode, equation: this.equation, depth: this.depth, fields, elementwise }
    this.instructions.push(instruction)
    return instruction
  }

  /** Emits `body` inside a loop of `trip` iterations; views move with it by their steps. */
  loop(trip: number, body: () => void): void {
    const begin = this.emit(Opcode.Loop, [trip, 0, 0])
    this.loops.push(begin)
    body()
    this.loops.pop()
    begin.end = this.instructions.length
    this.emit(Opcode.End, [])
  }

  /** The view for one iteration after the other of the innermost loop, along its first dimension. */
  step(view: View, reverse = false): View {
    return stepView(view, this.depth, reverse)
  }

  /** Lowers all equations of a program whose inputs have been defined. */
  lower(program: Program): void {
    for (const equation of program.equations) this.lowerEquation(equation)
  }

  private lowerEquation(equation: Equation): void {
    const outer = this.equation
    if (this.depth === 0) this.equation++
    equation.primitive.lower(this, equation, equation.params)
    this.equation = Math.max(outer, this.equation)
  }
}

export const read = (view: View): Operand => ({ view, access: 'read' })
export const write = (view: View): Operand => ({ view, access: 'write' })
/** Reads what it writes (accumulation). */
export const update = (view: View): Operand => ({ view, access: 'update' })

const floatBits = (value: number): number => new Uint32Array(new Float32Array([value]).buffer)[0]
