// The record that a primitive is: all its rules in one value, in one file. A missing rule is a compile error.
import type { MapOp } from '../../assembly/format.js'
import type { Lowering } from '../compiler/lowering.js'
import type { Replacement } from '../compiler/passes/rewrite.js'
import type { Atom, Aval, Equation, Program, Var } from './program.js'
import type { Tensor } from './tensor.js'

/** Null is a tangent or cotangent that is zero everywhere. */
export type MaybeZero = Tensor | null

/** Where the batch dimension of a value stands; null: the value has none. */
export type BatchDim = number | null

export interface Primitive<P> {
  readonly name: string

  /** The types of the results; throws one clear message where the inputs do not fit. */
  type(inputs: readonly Aval[], params: P): Aval[]

  /** Tangents of the results, given those of the inputs; called only if one of them is not zero. */
  jvp(primals: readonly Tensor[], tangents: readonly MaybeZero[], results: readonly Tensor[], params: P): MaybeZero[]

  /** Control flow and calls: results and tangents together, so that the results are not computed twice. */
  readonly jvpWithResults?: (
    primals: readonly Tensor[],
    tangents: readonly MaybeZero[],
    params: P,
  ) => { results: Tensor[]; tangents: MaybeZero[] }

  /**
   * Cotangents of the inputs in which the primitive is linear (`linear[i]`), given those of the results;
   * `inputs[i]` holds a value only where it is not linear. Null: the primitive is linear in none of its inputs.
   */
  readonly transpose:
    | null
    | ((
        cotangents: readonly MaybeZero[],
        inputs: readonly (Tensor | null)[],
        types: readonly Aval[],
        params: P,
      ) => MaybeZero[])

  /** The primitive over a batch of `size`: results and where their batch dimension stands. */
  batch(
    inputs: readonly Tensor[],
    dims: readonly BatchDim[],
    params: P,
    size: number,
  ): { results: Tensor[]; dims: BatchDim[] }

  /** Writes machine instructions (or makes views) for one equation. */
  lower(lowering: Lowering, equation: Equation, params: P): void

  /** Asks, before anything is lowered, that operands be computed in their place in the result. */
  readonly aim?: (lowering: Lowering, equation: Equation, isElementwise: (atom: Atom) => boolean) => void

  /** True where computing again costs less than keeping: cheap elementwise functions and views. */
  readonly cheap?: boolean

  /** True where element i of the result depends on element i of the operands alone, so that it may take their place. */
  readonly elementwise?: boolean

  /** The operand that the result starts from: where it dies, the result is made in its place (Lowering.outputFrom). */
  readonly startsFrom?: number

  /** Writes into its first operand only: the primitive that adds to it what this one writes into zeros. */
  readonly accumulating?: () => AnyPrimitive

  /** Its vmap replaces it even where its operand is the same for all examples. */
  readonly isCollective?: boolean

  /** Elementwise only: the machine's operation, by which it can be part of a chain. */
  readonly mapOp?: (inputs: readonly Aval[], params: P) => MapOp

  /** True where applying it does something that can be seen: it runs as often as it is written, in its place. */
  readonly effect?: boolean

  /** Control flow and calls: the equation split into what is known and what is linear. */
  readonly partial?: (equation: Equation, unknown: readonly boolean[]) => PartialEquation

  /**
   * Calls only: the program to run in the equation's place, or null where it stays apart for now. `isLate`: equations are
   * neither merged nor moved any more.
   */
  readonly inline?: (params: P, isLate: boolean) => Program | null

  /** Control flow only: inputs of its body that each step may overwrite, given which operands nobody else reads. */
  readonly overwritable?: (equation: Equation, isFree: (atom: Atom) => boolean) => readonly Var[]

  /** Control flow only: inputs of its body, each with the operand that it is in every step. */
  readonly constants?: (equation: Equation) => readonly (readonly [Var, Atom])[]

  /** Control flow only: the equation with work moved before it; null where nothing moves. */
  readonly hoist?: (equation: Equation) => Replacement | null

  /** Control flow only: the equation with work moved behind it; null where nothing moves. */
  readonly sink?: (equation: Equation, isZero: (atom: Atom) => boolean) => Replacement | null

  /** Control flow and calls: the equation without the results that nobody uses. */
  readonly prune?: (equation: Equation, isUsed: (output: Equation['outputs'][number]) => boolean) => Equation
}

/** What a control-flow primitive's `partial` rule gives: equations for both sides, over the equation's own variables. */
export interface PartialEquation {
  known: Equation[]
  unknown: Equation[]
}

// biome-ignore lint/suspicious/noExplicitAny: a list of equations holds primitives of all parameter types
export type AnyPrimitive = Primitive<any>

/** A program with the values of the variables that stood outside of it. */
export interface ClosedProgram {
  readonly program: Program
  /** Values for the first inputs. */
  readonly captured: readonly Tensor[]
}
