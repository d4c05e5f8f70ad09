// Where a value lies: a buffer, an offset, a stride for each dimension and a step for each enclosing loop, all in
// bytes. Transposing, slicing, splitting, broadcasting and most reshaping make another view of the same buffer.

/** Bytes of an element of any dtype. */
export const ITEM_BYTES = 4

/** A region whose place is decided after all instructions are known. */
export interface Buffer {
  readonly bytes: number
  /** The slot of an argument, result or constant; null: the plan finds it a place in the arena. */
  readonly slot: number | null
  /** Loops that enclose the place where it is made. */
  readonly depth: number
}

export interface View {
  readonly buffer: Buffer
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  /** One for each enclosing loop that moves the view; missing ones are 0. */
  readonly steps: readonly number[]
  /** True if no other view names these elements. */
  readonly owned?: boolean
}

/** Number of elements of a shape. */
export const elements = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)

/** Row-major byte strides. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = ITEM_BYTES
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]
  }
  return strides
}

/** A row-major view of a whole buffer. */
export const wholeBuffer = (buffer: Buffer, shape: readonly number[], offset = 0): View => ({
  buffer,
  offset,
  shape,
  strides: contiguousStrides(shape),
  steps: [],
})

/** True if the elements lie in row-major order without gaps. */
export function isContiguous(view: View): boolean {
  let stride = ITEM_BYTES
  for (let i = view.shape.length - 1; i >= 0; i--) {
    if (view.shape[i] !== 1 && view.strides[i] !== stride) return false
    stride *= view.shape[i]
  }
  return true
}

/** True if both views name the same elements in the same order. */
export function sameView(a: View, b: View): boolean {
  if (a.buffer !== b.buffer || a.offset !== b.offset || a.shape.length !== b.shape.length) return false
  for (let i = 0; i < a.shape.length; i++) {
    if (a.shape[i] !== b.shape[i] || (a.shape[i] !== 1 && a.strides[i] !== b.strides[i])) return false
  }
  const loops = Math.max(a.steps.length, b.steps.length)
  for (let i = 0; i < loops; i++) if ((a.steps[i] ?? 0) !== (b.steps[i] ?? 0)) return false
  return true
}

/** The view with its dimensions reordered. */
export const permuteView = (view: View, permutation: readonly number[]): View => ({
  ...view,
  shape: permutation.map(axis => view.shape[axis]),
  strides: permutation.map(axis => view.strides[axis]),
})

/** The view broadcast to `shape`; dimension i of the view becomes dimension `axes[i]`. */
export function broadcastView(view: View, shape: readonly number[], axes: readonly number[]): View {
  const strides = new Array<number>(shape.length).fill(0)
  axes.forEach((axis, i) => {
    strides[axis] = view.shape[i] === shape[axis] ? view.strides[i] : 0
  })
  return { ...view, shape, strides }
}

/** The part [start, limit) with a step for each dimension. */
export function sliceView(
  view: View,
  start: readonly number[],
  limit: readonly number[],
  step: readonly number[],
): View {
  let { offset } = view
  start.forEach((at, i) => {
    offset += at * view.strides[i]
  })
  return {
    ...view,
    offset,
    shape: start.map((at, i) => Math.max(0, Math.ceil((limit[i] - at) / step[i]))),
    strides: view.strides.map((stride, i) => stride * step[i]),
  }
}

/** The view with some dimensions running backwards. */
export function flipView(view: View, axes: readonly number[]): View {
  let { offset } = view
  const strides = view.strides.slice()
  for (const axis of axes) {
    offset += Math.max(0, view.shape[axis] - 1) * strides[axis]
    strides[axis] = -strides[axis]
  }
  return { ...view, offset, strides }
}

/** Windows of `size` elements `dilation` apart that start `stride` apart, over the last dimensions: [..., ...size, ...counts]. */
export function windowsView(view: View, { size, stride, dilation }: Windows, counts: readonly number[]): View {
  const lead = view.shape.length - size.length
  const inner = view.strides.slice(lead)
  return {
    ...view,
    shape: [...view.shape.slice(0, lead), ...size, ...counts],
    strides: [
      ...view.strides.slice(0, lead),
      ...inner.map((bytes, i) => bytes * dilation[i]),
      ...inner.map((bytes, i) => bytes * stride[i]),
    ],
  }
}

/** Sliding windows over the last dimensions, one entry for each of these. */
export interface Windows {
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

/** The view's first dimension, one entry for each iteration of the innermost of `depth` loops. */
export function stepView(view: View, depth: number, reverse: boolean): View {
  const [length, ...shape] = view.shape
  const [stride, ...strides] = view.strides
  const steps = Array.from({ length: depth }, (_, i) => view.steps[i] ?? 0)
  steps[depth - 1] += reverse ? -stride : stride
  const offset = view.offset + (reverse ? Math.max(0, length - 1) * stride : 0)
  return { buffer: view.buffer, offset, shape, strides, steps }
}

/** The same elements in row-major order under another shape, or null where only a copy can give that. */
export function reshapeView(view: View, shape: readonly number[]): View | null {
  if (elements(shape) === 0) return { ...view, shape, strides: contiguousStrides(shape) }
  const levels = collapse(view.shape.map((length, i) => ({ length, strides: [view.strides[i]] })))
  const strides = new Array<number>(shape.length).fill(0)
  let axis = shape.length - 1
  for (let level = levels.length - 1; level >= 0; level--) {
    let stride = levels[level].strides[0]
    let rest = levels[level].length
    while (axis >= 0 && rest > 1) {
      if (shape[axis] === 1) {
        axis--
        continue
      }
      if (rest % shape[axis] !== 0) return null
      strides[axis] = stride
      stride *= shape[axis]
      rest /= shape[axis]
      axis--
    }
    if (rest > 1) return null
  }
  return { ...view, shape, strides }
}

/** One dimension of a nest of loops: how often, and how far each operand moves. */
export interface Level {
  length: number
  strides: number[]
}

/** The same walk with as few levels as possible: no length 1, neighbours merged where every operand allows it. */
export function collapse(levels: readonly Level[]): Level[] {
  const result: Level[] = []
  for (const level of levels) {
    if (level.length === 1) continue
    const outer = result[result.length - 1]
    if (outer?.strides.every((stride, i) => stride === level.strides[i] * level.length)) {
      result[result.length - 1] = { length: outer.length * level.length, strides: level.strides }
    } else result.push(level)
  }
  return result
}
