// The element types. Every element is four bytes wide in the core (a bool is 0 or 1), so that kernels know one width.

/** The type of a tensor's elements. */
export type DType = 'float32' | 'int32' | 'uint32' | 'bool'

/** What `tensor.data()` returns. */
export type TypedArray = Float32Array | Int32Array | Uint32Array | Uint8Array

const RANK: Record<DType, number> = { bool: 0, uint32: 1, int32: 2, float32: 3 }

/** True for `float32`. */
export const isFloat = (dtype: DType): boolean => dtype === 'float32'

/** True for `int32` and `uint32`. */
export const isInteger = (dtype: DType): boolean => dtype === 'int32' || dtype === 'uint32'

/** The dtype that two operands are brought to: bool < uint32 < int32 < float32. */
export const promote = (a: DType, b: DType): DType => (RANK[a] >= RANK[b] ? a : b)

/** True for the four names in `DType`. */
export const isDType = (value: unknown): value is DType => typeof value === 'string' && value in RANK
