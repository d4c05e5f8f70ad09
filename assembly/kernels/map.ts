// Map: chains of elementwise operations, tile by tile, so that what passes between them stays in the first-level cache.
// For each tile every register is a pointer to contiguous words, into memory where the strides allow it (walk.ts).
import { MapOp, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import {
  TILE, advance, dimOf, fetchBlock, fillConstants, indexOf, makeStrided, makeTemporary, mergeDims, pointDirectly,
  pointerOf, putBlock, readDims, readRegisters, repeatWord, rowsInTile, setAccess, sharesMemory, startAt, stepOf,
} from './walk'
import { STEP } from './loops'
import { repeats, runOperation } from './operation'

/** The header, but for its inputs, of a Map with one dimension, one output and one operation. */
const SIMPLE: u32 = 0x01010001

/** Runs this share of the Map whose fields start at `at`. */
export function mapInstruction(at: usize, state: usize): void {
  const tiles = <usize>load<u32>(state, State.Tiles)
  const header = load<u32>(at)
  const rank = header & 0xff
  const inputs = (header >> 8) & 0xff
  const registers = inputs + ((header >> 16) & 0xff)
  const operations = header >> 24
  if ((header & 0xffff00ff) == SIMPLE && runSimple(at, state, inputs)) return
  if (!readDims(at + 4, state, tiles, rank)) return
  const code = readRegisters(at + 4 + (<usize>rank << 2), state, tiles, rank, registers)
  const first = mergeDims(tiles, rank, registers)
  const last = rank - 1
  const height = rowsInTile(tiles, first, last, registers)
  let direct = setAccess(tiles, first, last, height, inputs, registers)
  for (let i: u32 = 0; i < operations; i++) {
    const destination = destinationOf(code, i)
    if (destination >= registers) makeTemporary(tiles, destination)
    else if (overwritesInput(code, i, operations, tiles, inputs)) {
      makeStrided(tiles, destination)
      direct = false
    }
  }
  for (let i: u32 = 0; i < inputs; i++) if (onlyRepeats(code, operations, i)) repeatWord(tiles, i)

  // A unit of work is a row where several fit a tile, else a tile of a row.
  let rows: u32 = 1
  for (let d = first; d < last; d++) rows *= dimOf(tiles, d)
  const tilesInRow: u32 = height > 1 ? 1 : (dimOf(tiles, last) + TILE - 1) / TILE
  let start: u32 = 0
  let end = rows * tilesInRow
  const parts = load<u32>(state, State.Parts)
  if (parts > 1) {
    const part = load<u32>(state, State.Part)
    start = shareStart(rows * tilesInRow, part, parts)
    end = shareStart(rows * tilesInRow, part + 1, parts)
    if (start == end) return
  }
  if (start >= tilesInRow) startAt(start / tilesInRow, tiles, first, last, registers)
  if (!direct) fillConstants(tiles, last, height, inputs)
  if (height > 1) runBlocks(code, operations, tiles, first, last, inputs, registers, height, end - start)
  else if (direct && operations == 1) runRows(code, tiles, first, last, registers, tilesInRow, start, end)
  else runTiles(code, operations, tiles, first, last, inputs, registers, tilesInRow, start, end, direct)
}

/** The commonest Map of all, which small models run by the thousand: one operation on contiguous operands, undivided.
 *  False, and nothing done, if it is another. */
function runSimple(at: usize, state: usize, inputs: u32): bool {
  if (load<u32>(state, State.Parts) > 1) return false
  const size = <u32>operandSize(state) + 4
  const operands = at + 8
  const output = operands + inputs * size
  for (let stride = operands + size - 4; stride < output + size; stride += size) {
    if (load<u32>(stride) != 4) return false
  }
  const code = output + size
  const from = load<u32>(code, 4)
  const a = from & 0xff
  const b = (from >> 8) & 0xff
  const c = (from >> 16) & 0xff
  const atA = address(operands + a * size, state)
  const atB = b == a ? atA : address(operands + b * size, state)
  const atC = c == a ? atA : address(operands + c * size, state)
  runOperation(load<u16>(code), address(output, state), atA, atB, atC, extent(at + 4, state), STEP, STEP)
  return true
}

/** Several short rows in each tile. */
function runBlocks(
  code: usize, operations: u32, tiles: usize, first: u32, last: u32, inputs: u32, registers: u32, height: u32, rows: u32,
): void {
  const cols = dimOf(tiles, last)
  const count = dimOf(tiles, last - 1)
  while (true) {
    const taken = min(min(height, count - indexOf(tiles, last - 1)), rows)
    fetchBlock(tiles, last, inputs, registers, 0, taken, cols, true)
    runOperations(code, operations, tiles, taken * cols)
    putBlock(tiles, last, inputs, registers, 0, taken, cols)
    rows -= taken
    if (rows == 0) return
    advance(tiles, first, last, registers, taken)
  }
}

/** One operation on contiguous rows: no tiles. */
function runRows(
  code: usize, tiles: usize, first: u32, last: u32, registers: u32, tilesInRow: u32, unit: u32, end: u32,
): void {
  const cols = dimOf(tiles, last)
  let tile = unit ? unit % tilesInRow : 0
  while (true) {
    const taken = min(tilesInRow - tile, end - unit)
    pointDirectly(tiles, registers, tile)
    runOperations(code, 1, tiles, min(cols - tile * TILE, taken * TILE))
    unit += taken
    if (unit == end) return
    tile = 0
    advance(tiles, first, last, registers, 1)
  }
}

/** The general case: every row tile by tile. */
function runTiles(
  code: usize, operations: u32, tiles: usize, first: u32, last: u32, inputs: u32, registers: u32, tilesInRow: u32,
  unit: u32, end: u32, direct: bool,
): void {
  const cols = dimOf(tiles, last)
  let tile = unit ? unit % tilesInRow : 0
  let fresh = true
  while (true) {
    const width = min(cols - tile * TILE, TILE)
    if (direct) pointDirectly(tiles, registers, tile)
    else fetchBlock(tiles, last, inputs, registers, tile, 1, width, fresh)
    runOperations(code, operations, tiles, width)
    if (!direct) putBlock(tiles, last, inputs, registers, tile, 1, width)
    if (++unit == end) return
    fresh = ++tile == tilesInRow
    if (!fresh) continue
    tile = 0
    advance(tiles, first, last, registers, 1)
  }
}

// @ts-ignore: decorator
@inline
function destinationOf(code: usize, operation: u32): u32 {
  return load<u32>(code + (<usize>operation << 3)) >> 16
}

/** Runs the operations over n words of every register. */
function runOperations(code: usize, operations: u32, tiles: usize, n: usize): void {
  for (const end = code + (<usize>operations << 3); code < end; code += 8) {
    const what = load<u32>(code)
    const from = load<u32>(code, 4)
    runOperation(
      what & 0xffff,
      pointerOf(tiles, what >> 16),
      pointerOf(tiles, from & 0xff),
      pointerOf(tiles, (from >> 8) & 0xff),
      pointerOf(tiles, (from >> 16) & 0xff),
      n,
      stepOf(tiles, from & 0xff),
      stepOf(tiles, (from >> 8) & 0xff),
    )
  }
}

/** How many registers an operation reads. */
function arity(op: i32): u32 {
  if (op == MapOp.MulAddF || op == MapOp.Select) return 3
  return (op >= MapOp.AddF && op <= MapOp.GeF) || (op >= MapOp.AddI && op <= MapOp.GeU) ? 2 : 1
}

/** True if every operation that reads an input takes one word for all of its elements. */
function onlyRepeats(code: usize, operations: u32, input: u32): bool {
  for (let i: u32 = 0; i < operations; i++) {
    const at = code + (<usize>i << 3)
    const op: i32 = load<u16>(at)
    if (repeats(op)) continue
    let from = load<u32>(at, 4)
    for (let left = arity(op); left; left--, from >>= 8) if ((from & 0xff) == input) return false
  }
  return true
}

/** True if an operation writes in place an input that a later one still reads. */
function overwritesInput(code: usize, operation: u32, operations: u32, tiles: usize, inputs: u32): bool {
  const destination = destinationOf(code, operation)
  for (let later = operation + 1; later < operations; later++) {
    const at = code + (<usize>later << 3)
    let from = load<u32>(at, 4)
    for (let left = arity(load<u16>(at)); left; left--, from >>= 8) {
      const source = from & 0xff
      if (source < inputs && sharesMemory(tiles, source, destination)) return true
    }
  }
  return false
}
