// The walk of a Map over its rows: what each register is (address, strides, how it is reached), kept in scratch behind
// the tiles, and how all of them step from row to row.
import { address, extent, operandSize } from '../operands'
import { STEP } from './loops'
import { gatherBlock, scatterBlock, splatWord } from './tile'

/** Words in a tile. */
export const TILE: u32 = 512
const TILE_SHIFT: u32 = 11
/** Rows shorter than this are taken several at a time, whatever they need. */
const SHORT_ROW: u32 = 64
/** Rows up to this long, too, if no register has to be copied: all are contiguous throughout, or repeat a row or a word. */
const MIDDLE_ROW: u32 = 256

/** The bookkeeping: byte offsets from the tiles. */
const enum Walk {
  /** 64 registers of 64 bytes. */
  Registers = 131072,
  /** 8 extents. */
  Dims = 135168,
  /** 8 indices of the current row. */
  Indices = 135200,
}

/** A register: byte offsets of its fields. */
const enum Register {
  /** Where the operations find its contiguous words. */
  Pointer = 0,
  /** The first element of the current row. */
  Row = 4,
  Access = 8,
  /** What its words move on by from 16 to 16 (STEP). */
  Step = 12,
  /** 8 strides. */
  Strides = 16,
}

/** How a register's words become contiguous. */
export const enum Access {
  /** They lie so in memory. */
  Direct = 0,
  /** The tile is filled once for the whole instruction. */
  Constant = 1,
  /** The tile repeats one word, filled once for each row. */
  RowConstant = 2,
  /** The tile is gathered, or scattered, each time. */
  Strided = 3,
}

// @ts-ignore: decorator
@inline
function registerAt(tiles: usize, index: u32): usize {
  return tiles + Walk.Registers + (<usize>index << 6)
}

// @ts-ignore: decorator
@inline
function tileAt(tiles: usize, index: u32): usize {
  return tiles + (<usize>index << TILE_SHIFT)
}

// @ts-ignore: decorator
@inline
function strideOf(register: usize, dim: u32): u32 {
  return load<u32>(register + (<usize>dim << 2), Register.Strides)
}

// @ts-ignore: decorator
@inline
function setStride(register: usize, dim: u32, stride: u32): void {
  store<u32>(register + (<usize>dim << 2), stride, Register.Strides)
}

// @ts-ignore: decorator
@inline
function accessOf(register: usize): u32 {
  return load<u32>(register, Register.Access)
}

// @ts-ignore: decorator
@inline
export function dimOf(tiles: usize, dim: u32): u32 {
  return load<u32>(tiles + (<usize>dim << 2), Walk.Dims)
}

// @ts-ignore: decorator
@inline
function setDim(tiles: usize, dim: u32, count: u32): void {
  store<u32>(tiles + (<usize>dim << 2), count, Walk.Dims)
}

// @ts-ignore: decorator
@inline
export function indexOf(tiles: usize, dim: u32): u32 {
  return load<u32>(tiles + (<usize>dim << 2), Walk.Indices)
}

// @ts-ignore: decorator
@inline
function setIndex(tiles: usize, dim: u32, index: u32): void {
  store<u32>(tiles + (<usize>dim << 2), index, Walk.Indices)
}

/** The contiguous words of a register in the current tile. */
// @ts-ignore: decorator
@inline
export function pointerOf(tiles: usize, index: u32): usize {
  return load<u32>(registerAt(tiles, index), Register.Pointer)
}

// @ts-ignore: decorator
@inline
function setPointer(register: usize, pointer: usize): void {
  store<u32>(register, <u32>pointer, Register.Pointer)
}

/** Reads the extents; false if there are no elements. */
export function readDims(at: usize, state: usize, tiles: usize, rank: u32): bool {
  for (let d: u32 = 0; d < rank; d++, at += 4) {
    const count = extent(at, state)
    if (count == 0) return false
    setDim(tiles, d, count)
    setIndex(tiles, d, 0)
  }
  return true
}

/** Reads the operands of all inputs and outputs; returns the address behind them. */
export function readRegisters(at: usize, state: usize, tiles: usize, rank: u32, registers: u32): usize {
  const size = operandSize(state)
  for (let i: u32 = 0; i < registers; i++) {
    const register = registerAt(tiles, i)
    store<u32>(register, <u32>address(at, state), Register.Row)
    at += size
    for (let d: u32 = 0; d < rank; d++, at += 4) setStride(register, d, load<u32>(at))
  }
  return at
}

/** Makes a register a temporary: its words are its tile. */
// @ts-ignore: decorator
@inline
export function makeTemporary(tiles: usize, index: u32): void {
  const register = registerAt(tiles, index)
  setPointer(register, tileAt(tiles, index))
  setStep(register, STEP)
}

// @ts-ignore: decorator
@inline
export function stepOf(tiles: usize, index: u32): usize {
  return load<u32>(registerAt(tiles, index), Register.Step)
}

// @ts-ignore: decorator
@inline
function setStep(register: usize, step: usize): void {
  store<u32>(register, <u32>step, Register.Step)
}

/** Lets a register that is one word for each row have 16 copies of it for a tile. */
export function repeatWord(tiles: usize, index: u32): void {
  const register = registerAt(tiles, index)
  if (accessOf(register) == Access.RowConstant) setStep(register, 0)
}

/** True if every register steps through dimension `inner` exactly once for each step of `outer`. */
function mergeable(tiles: usize, outer: u32, inner: u32, registers: u32): bool {
  const count = dimOf(tiles, inner)
  if (count == 1) return true
  for (let i: u32 = 0; i < registers; i++) {
    const register = registerAt(tiles, i)
    if (strideOf(register, outer) != strideOf(register, inner) * count) return false
  }
  return true
}

/** Drops dimensions of one element and merges those that all registers walk as one, towards the last; returns the first
 *  dimension that is left. */
export function mergeDims(tiles: usize, rank: u32, registers: u32): u32 {
  let inner = rank - 1
  for (let d = inner; d-- > 0; ) {
    const count = dimOf(tiles, d)
    if (count == 1) continue
    const merged = mergeable(tiles, d, inner, registers)
    const innerCount = dimOf(tiles, inner)
    if (!merged) inner--
    setDim(tiles, inner, merged ? count * innerCount : count)
    if (merged && innerCount > 1) continue
    for (let i: u32 = 0; i < registers; i++) {
      const register = registerAt(tiles, i)
      setStride(register, inner, strideOf(register, d))
    }
  }
  return inner
}

/** True if the register's elements follow one another through all of a block of rows. */
// @ts-ignore: decorator
@inline
function isContiguousBlock(register: usize, last: u32, cols: u32): bool {
  return strideOf(register, last) == 4 && strideOf(register, last - 1) == cols << 2
}

/** True if all rows are the same memory. */
function isConstant(register: usize, first: u32, last: u32): bool {
  for (let d = first; d < last; d++) if (strideOf(register, d) != 0) return false
  return true
}

/** How many rows of the last dimension a tile takes. */
export function rowsInTile(tiles: usize, first: u32, last: u32, registers: u32): u32 {
  const cols = dimOf(tiles, last)
  if (first == last || cols > MIDDLE_ROW) return 1
  if (cols >= SHORT_ROW) {
    for (let i: u32 = 0; i < registers; i++) {
      const register = registerAt(tiles, i)
      if (strideOf(register, last) == 0 || isContiguousBlock(register, last, cols)) continue
      if (!isConstant(register, first, last)) return 1
    }
  }
  return TILE / cols
}

/** Decides how each register is reached; true if all are direct. */
export function setAccess(tiles: usize, first: u32, last: u32, height: u32, inputs: u32, registers: u32): bool {
  const cols = dimOf(tiles, last)
  let direct = true
  for (let i: u32 = 0; i < registers; i++) {
    const register = registerAt(tiles, i)
    if (cols == 1) setStride(register, last, 4)
    const stride = strideOf(register, last)
    let access: u32 = Access.Strided
    if (height == 1 ? stride == 4 : isContiguousBlock(register, last, cols)) access = Access.Direct
    else if (i < inputs && (height > 1 || stride == 0)) {
      if (isConstant(register, first, last)) access = Access.Constant
      else if (height == 1) access = Access.RowConstant
    }
    store<u32>(register, access, Register.Access)
    setPointer(register, tileAt(tiles, i))
    setStep(register, STEP)
    if (access != Access.Direct) direct = false
  }
  return direct
}

/** True if the register's words are read and written in place, at the same address as the other's. */
export function sharesMemory(tiles: usize, index: u32, other: u32): bool {
  const a = registerAt(tiles, index)
  const b = registerAt(tiles, other)
  return (accessOf(a) | accessOf(b)) == Access.Direct && load<u32>(a, Register.Row) == load<u32>(b, Register.Row)
}

/** Sends an output through its tile. */
export function makeStrided(tiles: usize, index: u32): void {
  store<u32>(registerAt(tiles, index), Access.Strided, Register.Access)
}

/** Fills the tiles that stay the same for the whole instruction. */
export function fillConstants(tiles: usize, last: u32, height: u32, inputs: u32): void {
  const cols = dimOf(tiles, last)
  for (let i: u32 = 0; i < inputs; i++) {
    const register = registerAt(tiles, i)
    if (accessOf(register) != Access.Constant) continue
    const source = <usize>load<u32>(register, Register.Row)
    const rows = height == 1 ? 1 : min(height, dimOf(tiles, last - 1))
    gatherBlock(tileAt(tiles, i), source, rows, min(cols, TILE), 0, strideOf(register, last))
  }
}

/** Points every register at tile `tile` of its row, where all are direct. */
export function pointDirectly(tiles: usize, registers: u32, tile: u32): void {
  const end = registerAt(tiles, registers)
  const offset = tile << TILE_SHIFT
  for (let register = registerAt(tiles, 0); register < end; register += 64) {
    setPointer(register, load<u32>(register, Register.Row) + offset)
  }
}

// @ts-ignore: decorator
@inline
function blockAt(register: usize, last: u32, tile: u32): usize {
  return load<u32>(register, Register.Row) + tile * TILE * strideOf(register, last)
}

// @ts-ignore: decorator
@inline
function rowStrideOf(register: usize, last: u32, rows: u32): u32 {
  return rows > 1 ? strideOf(register, last - 1) : 0
}

/** Points every register at the block of rows x cols words at tile `tile` of the current row, filling tiles where needed;
 *  `fresh` in the first tile of a row. */
export function fetchBlock(
  tiles: usize, last: u32, inputs: u32, registers: u32, tile: u32, rows: u32, cols: u32, fresh: bool,
): void {
  for (let i: u32 = 0; i < registers; i++) {
    const register = registerAt(tiles, i)
    const access = accessOf(register)
    if (access == Access.Direct) setPointer(register, blockAt(register, last, tile))
    else if (i >= inputs) continue
    else if (access == Access.RowConstant) {
      const copies: u32 = stepOf(tiles, i) ? TILE : 16
      if (fresh) splatWord(tileAt(tiles, i), load<u32>(register, Register.Row), min(dimOf(tiles, last), copies))
    } else if (access == Access.Strided) {
      const rowStride = rowStrideOf(register, last, rows)
      gatherBlock(tileAt(tiles, i), blockAt(register, last, tile), rows, cols, rowStride, strideOf(register, last))
    }
  }
}

/** Scatters the outputs that were computed in tiles. */
export function putBlock(tiles: usize, last: u32, inputs: u32, registers: u32, tile: u32, rows: u32, cols: u32): void {
  for (let i = inputs; i < registers; i++) {
    const register = registerAt(tiles, i)
    if (accessOf(register) == Access.Direct) continue
    const rowStride = rowStrideOf(register, last, rows)
    scatterBlock(blockAt(register, last, tile), tileAt(tiles, i), rows, cols, rowStride, strideOf(register, last))
  }
}

/** Moves the row pointers `count` steps in dimension `dim`. */
function shift(tiles: usize, registers: u32, dim: u32, count: u32): void {
  const end = registerAt(tiles, registers)
  for (let register = registerAt(tiles, 0); register < end; register += 64) {
    store<u32>(register, load<u32>(register, Register.Row) + count * strideOf(register, dim), Register.Row)
  }
}

/** Goes to a row by its number. */
export function startAt(row: u32, tiles: usize, first: u32, last: u32, registers: u32): void {
  for (let d = last; d-- > first; ) {
    const count = dimOf(tiles, d)
    const index = row % count
    row /= count
    setIndex(tiles, d, index)
    shift(tiles, registers, d, index)
  }
}

/** Goes `count` rows on, which does not lead past the end of the rows' own dimension. */
export function advance(tiles: usize, first: u32, last: u32, registers: u32, count: u32): void {
  for (let d = last; d-- > first; ) {
    const index = indexOf(tiles, d)
    if (index + count < dimOf(tiles, d)) {
      setIndex(tiles, d, index + count)
      return shift(tiles, registers, d, count)
    }
    setIndex(tiles, d, 0)
    shift(tiles, registers, d, 0 - index)
    count = 1
  }
}
