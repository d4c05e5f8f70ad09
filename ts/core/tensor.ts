/// <reference lib="esnext.disposable" preserve="true" />
// The one tensor type. A tensor is an immutable value: it is stored (in the core's memory), literal (a number that
// became a scalar) or traced (a variable of a program under construction). Users see no difference.

import { typeError } from '../errors.js'
import type { Storage } from '../runtime/storage.js'
import type { DType, TypedArray } from './dtype.js'
import type { Aval, Literal, Var } from './program.js'
import { fixed, type Shape, showShape, sizeOf } from './shape.js'
import type { Trace } from './trace.js'

/** Nested arrays of numbers (booleans for `bool`), or a single one for shape []. */
export type Nested = number | boolean | Nested[]

/** Where a tensor's value comes from. */
export type Source = Storage | Literal | Traced

export interface Traced {
  readonly kind: 'traced'
  readonly trace: Trace
  readonly variable: Var
}

/**
 * An immutable n-dimensional array with a `shape` and a `dtype`. Made by `tensor(...)`, `zeros(...)` and every
 * operation; never by `new`.
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]])
 * x.shape // [2, 3]
 * x.toArray() // [[1, 2, 3], [4, 5, 6]]
 * x.data() // [1, 2, 3, 4, 5, 6]
 * sum(x).item() // 21
 */
export class Tensor {
  /** The length of each dimension. */
  readonly shape: Shape
  /** The type of the elements. */
  readonly dtype: DType
  /** @internal Changes once, when the tensor is donated and a result takes its memory. */
  source: Source

  private constructor(shape: Shape, dtype: DType, source: Source) {
    this.shape = fixed(shape)
    this.dtype = dtype
    this.source = source
  }

  /** @internal The constructor is private so that the declarations refuse `new Tensor()`. */
  static of(shape: Shape, dtype: DType, source: Source): Tensor {
    return new Tensor(shape, dtype, source)
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape)
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length
  }

  /** The single element of a tensor of size 1, as a number. Throws for any other size. */
  item(): number {
    if (this.size !== 1)
      throw typeError(`item: the tensor has ${this.size} elements, not one: shape ${showShape(this.shape)}`)
    return Number(this.data()[0])
  }

  /** A copy of the elements in row-major order, as the dtype's typed array. */
  data(): TypedArray {
    const { source } = this
    if (source.kind === 'traced') throw tracedError('data() of', this)
    return source.kind === 'literal' ? typedArray(this.dtype, [source.value]) : readWords(source, this.size, this.dtype)
  }

  /** The elements as nested arrays; `true` and `false` for `bool`. */
  toArray(): Nested {
    const data = this.data()
    const { shape, dtype } = this
    let at = 0
    const build = (axis: number): Nested => {
      if (axis === shape.length) return dtype === 'bool' ? data[at++] !== 0 : data[at++]
      return Array.from({ length: shape[axis] }, () => build(axis + 1))
    }
    return build(0)
  }

  /** The tensor as `JSON.stringify` writes it: its nested arrays. */
  toJSON(): Nested {
    return this.toArray()
  }

  /** What it is, not what is in it: `Tensor float32[2, 3]`. */
  toString(): string {
    const where = this.source.kind === 'traced' ? 'traced ' : ''
    return `${where}Tensor ${this.dtype}${showShape(this.shape)}`
  }

  /** What consoles show: what it is and, where they are few, its values. @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    if (this.source.kind === 'traced' || this.size > 1000) return this.toString()
    const short = (_: string, x: unknown) =>
      typeof x === 'number' ? String(Math.fround(x) === x ? +x.toPrecision(7) : x) : x
    return `${this.toString()} ${JSON.stringify(this, short).replaceAll('"', '')}`
  }

  /** Frees the memory now instead of when the tensor is forgotten; later use throws. Nobody needs to. */
  dispose(): void {
    if (this.source.kind === 'storage') this.source.free('disposed')
  }

  /** `using x = ...` disposes of the tensor when the block ends. Nobody needs to. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  /** A stored scalar compares and prints as its number; a traced value has none yet. */
  [Symbol.toPrimitive](hint: string): number | string {
    if (this.source.kind === 'traced') {
      if (hint === 'string') return this.toString()
      throw tracedError('a number is asked of', this)
    }
    return hint === 'string' && this.size !== 1 ? this.toString() : this.item()
  }
}

/** What a value that should have been a tensor is, as messages say it. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Tensor) return `a ${value.toString()}`
  if (typeof value === 'object') {
    const name = value.constructor?.name ?? 'Object'
    return name === 'Object' ? 'an object' : `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`
  }
  return typeof value === 'function' ? 'a function' : `the ${typeof value} ${String(value)}`
}

/** Throws unless an argument is a tensor. */
export function checkTensor(operation: string, value: unknown, name = 'the argument'): asserts value is Tensor {
  if (value instanceof Tensor) return
  throw typeError(`${operation}: ${name} is ${describe(value)}, not a tensor; make tensors with tensor(...)`)
}

/** What an attempt to look at a traced value says. */
function tracedError(what: string, tensor: Tensor): TypeError {
  return typeError(
    `${what} a traced value (${tensor.dtype}${showShape(tensor.shape)}): while a function is traced its values are not known, ` +
      'so JavaScript cannot branch on them or read them; use where(condition, a, b) or cond, or return the value',
  )
}

const arrayTypes = { float32: Float32Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array }

/** A new typed array of the dtype's kind. */
export function typedArray(dtype: DType, values: ArrayLike<number>): TypedArray {
  return arrayTypes[dtype].from(values as number[])
}

function readWords(storage: Storage, size: number, dtype: DType): TypedArray {
  const words = storage.copy(size)
  return dtype === 'bool' ? Uint8Array.from(words) : new arrayTypes[dtype](words.buffer)
}

/** A stored tensor over words that the core already holds. */
export const storedTensor = ({ shape, dtype }: Aval, storage: Storage): Tensor => {
  const tensor = Tensor.of(shape, dtype, storage)
  storage.keepWhile(tensor)
  return tensor
}
