// From equations to symbolic instructions. A Lowering knows where each variable lies and collects instructions whose
// operands still name buffers; the plan (plan.ts) places the buffers and encode.ts writes the words.
import { MapOp, Opcode } from '../../assembly/format.js'
import { type Atom, type Equation, makersOf, type Program, type Var } from '../core/program.js'
import { emitCopy } from './emit-copy.js'
import type { emitGemmViews } from './emit-gemm-views.js'
import { emitMap } from './emit-map.js'
import { type Buffer, elements, ITEM_BYTES, isContiguous, sameView, stepView, type View, wholeBuffer } from './view.js'

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
  /** The source of the equation that it computes (core/program.ts). */
  readonly source?: string | null
  /** For what continues elsewhere: the instruction after which it does so; of a Loop its End. */
  end?: number
}

/** Slots that every program has; arguments and results follow. */
export const SLOT = { constants: 0, arena: 1, scratch: 2, first: 3 } as const

const SCRATCH: Buffer = { bytes: 0, slot: SLOT.scratch, depth: 0 }

/** The instructions of the program, or of one open loop. */
interface Scope {
  readonly instructions: Instruction[]
  /** What has been packed here (passes/pack.ts). */
  panels: Map<Buffer, Map<string, View>>
}

const openScope = (): Scope => ({ instructions: [], panels: new Map() })

/** What a program that looks for NaN notes: report n is about equation n of the list. */
export interface Checks {
  readonly equations: Equation[]
  /** False: only NaN counts. */
  readonly infinities: boolean
}

/** A place in a program that prints. */
export interface PrintSite {
  /** Words of a value. */
  readonly count: number
  /** Of each enclosing loop, the step at which its counter is 0 where it walks backwards. */
  readonly walks: readonly (number | undefined)[]
  /** Takes a value, and the steps of the enclosing loops, outermost first. */
  receive(words: Uint32Array, steps: readonly number[]): void
}

/** One program on its way to instructions. */
export class Lowering {
  readonly constants: number[] = []
  readonly arena: Buffer[] = []
  private readonly constantOffsets = new Map<number, number>()
  private readonly constantBuffer: Buffer = { bytes: 0, slot: SLOT.constants, depth: 0 }
  private readonly views = new Map<Var, View>()
  private readonly destinations = new Map<Var, View>()
  private readonly occupied = new Set<Var>()
  private readonly uses = new Map<Atom, number>()
  private scopes: Scope[] = [openScope()]
  /** Of each enclosing loop, the step at which its counter is 0 where it walks backwards. */
  private readonly walks: (number | undefined)[] = []
  readonly prints: PrintSite[] = []
  /** How products of views with more strides than Gemm takes are emitted, where a program has such views by nature. */
  emitViews?: typeof emitGemmViews
  private equation = 0
  private source?: string | null

  constructor(
    private readonly checks?: Checks,
    readonly packsOnce = true,
    /** False: sums keep the order that they have where each equation runs by itself. */
    readonly reorders = true,
  ) {}

  /** Number of loops that enclose what is emitted now. */
  get depth(): number {
    return this.scopes.length - 1
  }

  /** All instructions; loops and branches know where they end. */
  get instructions(): readonly Instruction[] {
    const { instructions } = this.scopes[0]
    const open: Instruction[] = []
    const breaks: [Instruction, Instruction][] = []
    instructions.forEach((instruction, index) => {
      const { opcode } = instruction
      if (opcode === Opcode.Loop || opcode === Opcode.Branch) open.push(instruction)
      else if (opcode === Opcode.Break) breaks.push([instruction, open[open.length - 1]])
      else if (opcode === Opcode.End || opcode === Opcode.Jump) {
        const opener = open.pop()!
        opener.end = index
        // A branch has two Jumps: behind what it runs, and, as the place where both meet, behind what it skips to.
        if (opener.opcode === Opcode.Branch) open.push(instruction)
        else if (opener.opcode === Opcode.Jump) instruction.end = index
      }
    })
    for (const [instruction, loop] of breaks) instruction.end = loop.end
    return instructions
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
    this.views.set(variable, view.owned ? { ...view, owned: false } : view)
  }

  /** The same, where nothing else names these elements: the only reader may overwrite them. */
  defineOwned(variable: Var, view: View): void {
    this.forgetPacked(view)
    this.views.set(variable, { ...view, owned: true })
  }

  /** A place for a result that starts from the value of an operand: the operand's own where that is read for the last time. */
  outputFrom(atom: Atom, variable: Var): View {
    const from = this.view(atom)
    if (this.mayOverwrite(atom) && isContiguous(from) && this.destination(variable) === undefined) {
      this.defineOwned(variable, from)
      return from
    }
    const out = this.output(variable)
    if (!sameView(from, out)) emitCopy(this, from, out)
    return out
  }

  /** True if what the atom names is read here for the last time and may be overwritten. */
  mayOverwrite(atom: Atom): boolean {
    return this.uses.get(atom) === 1 && this.view(atom).owned === true
  }

  /** How often the equations of the atom's program read it; outputs count twice. */
  useCount(atom: Atom): number {
    return this.uses.get(atom) ?? 0
  }

  /**
   * Asks that a variable be computed right where it is needed; null: anywhere. `isVacant`: nothing that is still read lies
   * there, so that parts of the value may be written before its equation.
   */
  aim(variable: Var, view: View | null, isVacant = true): void {
    if (view === null) this.destinations.delete(variable)
    else this.destinations.set(variable, view)
    if (isVacant) this.occupied.delete(variable)
    else this.occupied.add(variable)
  }

  /** A place for the parts of a variable that are computed before it; null where they must wait. */
  vacantPlace(variable: Var): View | null {
    if (this.occupied.has(variable)) return null
    const view = this.destinations.get(variable) ?? this.temporary(variable.aval.shape)
    this.destinations.set(variable, view)
    return view
  }

  /** The place that was asked for, if any. */
  destination(variable: Var): View | undefined {
    return this.destinations.get(variable)
  }

  /** A contiguous place for the value of a variable: its destination or a new buffer. */
  output(variable: Var): View {
    const aimed = this.destinations.get(variable)
    if (aimed !== undefined) this.forgetPacked(aimed)
    const view = aimed ?? this.temporary(variable.aval.shape)
    this.views.set(variable, aimed ? view : { ...view, owned: true })
    return view
  }

  /** A new contiguous buffer in the arena. */
  temporary(shape: readonly number[]): View {
    return wholeBuffer(this.buffer(elements(shape) * ITEM_BYTES), shape)
  }

  /** A new buffer in the arena. */
  buffer(bytes: number): Buffer {
    const buffer: Buffer = { bytes, slot: null, depth: this.depth }
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

  /** Has a value reported when the run comes by; `receive` gets it after the run. */
  print(value: View, receive: PrintSite['receive']): void {
    const count = elements(value.shape)
    const from = this.contiguous(value)
    const site = this.prints.push({ count, walks: [...this.walks], receive }) - 1
    this.emit(Opcode.Print, [site, count, read(from)])
  }

  /** The scratch that kernels share. */
  scratch(): View {
    return wholeBuffer(SCRATCH, [])
  }

  /** A scalar constant. */
  constant(value: number, isFloat = false): View {
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
    const { equation, depth, source } = this
    const instruction = { opcode, equation, depth, fields, elementwise, source }
    this.scopes[depth].instructions.push(instruction)
    return instruction
  }

  /**
   * Emits `body` inside a loop of `trip` iterations from `start` on; views move with it by their steps. `last`: the step at
   * which the counter is 0, of a loop that walks backwards.
   */
  loop(trip: number, body: () => void, start = 0, last?: number): void {
    const begin: Instruction = {
      opcode: Opcode.Loop,
      equation: this.equation,
      depth: this.depth,
      fields: [trip, start, 0],
      elementwise: false,
    }
    this.scopes.push(openScope())
    this.walks.push(last)
    body()
    this.walks.pop()
    const { instructions } = this.scopes.pop()!
    this.scopes[this.depth].instructions.push(begin, ...instructions)
    this.emit(Opcode.End, [])
  }

  /** Has an int32 scalar read, clamped to [0, limit], as the trip and start of the loops that follow at once. */
  extent(view: View, limit: number, register = 0): number {
    this.emit(Opcode.Extent, [register, read(view), limit])
    return 2 ** 31 + register
  }

  /** Emits both parts, of which one runs: `yes` where the word that `condition` names is not 0. */
  branch(condition: View, yes: () => void, no: () => void): void {
    this.emit(Opcode.Branch, [read(condition), 0])
    for (const body of [yes, no]) {
      // What is packed in a part that may not run, others must pack for themselves; what it writes anew is forgotten.
      const before = this.scopes.map(({ panels }) => panels)
      const copies = before.map(panels => new Map(Array.from(panels, ([buffer, own]) => [buffer, new Map(own)])))
      this.scopes.forEach((scope, i) => {
        scope.panels = new Map(copies[i])
      })
      body()
      this.scopes.forEach((scope, i) => {
        const isKept = ([buffer]: [Buffer, unknown]) => scope.panels.get(buffer) === copies[i].get(buffer)
        scope.panels = new Map(Array.from(before[i]).filter(isKept))
      })
      this.emit(Opcode.Jump, [0])
    }
  }

  /** Emits `body` inside the outer `depth` loops, before the others that are open. */
  atDepth<T>(depth: number, body: () => T): T {
    const inner = this.scopes
    this.scopes = inner.slice(0, depth + 1)
    const result = body()
    this.scopes = inner
    return result
  }

  /** Panels made from a buffer at this depth, by part and layout. */
  panels(depth: number, buffer: Buffer): Map<string, View> {
    const { panels } = this.scopes[depth]
    const own = panels.get(buffer) ?? new Map<string, View>()
    panels.set(buffer, own)
    return own
  }

  /** What was packed of a place that is written anew in the loop is no longer what lies there. */
  private forgetPacked({ buffer }: View): void {
    for (const { panels } of this.scopes) panels.delete(buffer)
  }

  /** A view of something that each iteration of the innermost loop changes. */
  changing(view: View): View {
    return { ...view, steps: Array.from({ length: this.depth }, (_, i) => view.steps[i] ?? 0) }
  }

  /** The view for one iteration after the other of the innermost loop, along its first dimension. */
  step(view: View, reverse = false): View {
    return stepView(view, this.depth, reverse)
  }

  /** Lowers all equations of a program whose inputs have been defined. */
  lower(program: Program): void {
    for (const equation of program.equations) for (const output of equation.outputs) this.uses.set(output, 0)
    for (const variable of program.inputs) this.uses.set(variable, 0)
    const use = (atom: Atom, count: number) => this.uses.set(atom, (this.uses.get(atom) ?? 0) + count)
    for (const { inputs } of program.equations) for (const atom of inputs) use(atom, 1)
    for (const atom of program.outputs) use(atom, 2)
    const makers = makersOf(program.equations)
    for (const equation of program.equations.toReversed()) {
      equation.primitive.aim?.(this, equation, atom => makers.get(atom)?.primitive.elementwise === true)
    }
    for (const equation of program.equations) this.lowerEquation(equation)
    // A part of this program may stand in another place as well, where its values go elsewhere.
    for (const equation of program.equations) for (const output of equation.outputs) this.aim(output, null)
  }

  /** Lowers a program inside of this one, whose inputs lie at these views; where its outputs lie. */
  lowerInner(program: Program, inputs: readonly View[]): View[] {
    program.inputs.forEach((variable, i) => {
      this.define(variable, inputs[i])
    })
    this.lower(program)
    return program.outputs.map(atom => this.view(atom))
  }

  private lowerEquation(equation: Equation): void {
    const { equation: outer, source } = this
    this.source = equation.source || source
    if (this.depth === 0) this.equation++
    equation.primitive.lower(this, equation, equation.params)
    if (this.checks !== undefined) this.check(equation, this.checks)
    this.equation = Math.max(outer, this.equation)
    this.source = source
  }

  /** Has the machine report this equation if a float of its results is NaN or infinite. */
  private check(equation: Equation, { equations, infinities }: Checks): void {
    const index = equations.push(equation) - 1
    for (const output of equation.outputs) {
      if (output.aval.dtype !== 'float32' || elements(output.aval.shape) === 0) continue
      let view = this.contiguous(this.view(output))
      if (!infinities) {
        const finite = this.temporary(view.shape)
        emitMap(this, MapOp.MaxF, [view, this.constant(-1, true)], finite)
        emitMap(this, MapOp.MinF, [finite, this.constant(1, true)], finite)
        view = finite
      }
      const own = this.equation
      this.equation = index
      this.emit(Opcode.Check, [elements(view.shape), read(view)])
      this.equation = own
    }
  }
}

/** An operand that is only read. */
export const read = (view: View): Operand => ({ view, access: 'read' })
/** An operand that is written and not read. */
export const write = (view: View): Operand => ({ view, access: 'write' })
/** Reads what it writes (accumulation). */
export const update = (view: View): Operand => ({ view, access: 'update' })

/** The word that a float32 is. */
export const floatBits = (value: number): number => new Uint32Array(new Float32Array([value]).buffer)[0]
