// The report ring: what a program says without calling the host (format.ts: Print, Check, ReportKind). It is read
// after the run, or while the run is paused; when it is full the oldest reports make room.
import { ReportKind, State } from './format'
import { address, extent } from './operands'

/** Words of a report before its own. */
const HEAD: u32 = 3

/** Opcode.Print; one share speaks for all. */
export function printInstruction(at: usize, state: usize): void {
  const capacity = load<u32>(state, State.ReportCapacity)
  if (!listens(state, capacity)) return
  const tag = load<u32>(at)
  const depth = min(load<u32>(state, State.Depth), capacity - HEAD - 1)
  const count = min(extent(at + 4, state), capacity - HEAD - 1 - depth)
  const source = address(at + 8, state)
  begin(state, capacity, ReportKind.Print, at, 1 + depth + count)
  put(state, capacity, tag)
  putCounters(state, capacity, depth)
  for (let i: u32 = 0; i < count; i++) put(state, capacity, load<u32>(source + (<usize>i << 2)))
}

/** Opcode.Check. */
export function checkInstruction(at: usize, state: usize): void {
  const capacity = load<u32>(state, State.ReportCapacity)
  if (!listens(state, capacity)) return
  if (allFinite(address(at + 4, state), extent(at, state))) return
  const depth = min(load<u32>(state, State.Depth), capacity - HEAD)
  begin(state, capacity, ReportKind.NonFinite, at, depth)
  putCounters(state, capacity, depth)
}

/** The counters of the enclosing loops, outermost first. */
function putCounters(state: usize, capacity: u32, depth: u32): void {
  for (let d: u32 = 0; d < depth; d++) put(state, capacity, load<u32>(state + (<usize>d << 4), State.Loops))
}

/** True if no float of the `count` at `at` is NaN or infinite: has an exponent of all ones. */
export function allFinite(at: usize, count: u32): bool {
  const mask = v128.splat<u32>(0x7f800000)
  const end = at + (<usize>count << 2)
  const last = at + (<usize>(count & ~15) << 2)
  for (; at < last; at += 64) {
    const a = i32x4.eq(v128.and(v128.load(at), mask), mask)
    const b = i32x4.eq(v128.and(v128.load(at, 16), mask), mask)
    const c = i32x4.eq(v128.and(v128.load(at, 32), mask), mask)
    const d = i32x4.eq(v128.and(v128.load(at, 48), mask), mask)
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return false
  }
  for (; at < end; at += 4) if ((load<u32>(at) & 0x7f800000) == 0x7f800000) return false
  return true
}

function listens(state: usize, capacity: u32): bool {
  return load<u32>(state, State.Part) == 0 && load<u32>(state, State.Report) != 0 && capacity > HEAD
}

/** Makes room for a report of `count` words and writes its head; `at` is the address of the instruction's word 2. */
function begin(state: usize, capacity: u32, kind: ReportKind, at: usize, count: u32): void {
  const written = load<u32>(state, State.ReportWritten)
  let oldest = load<u32>(state, State.ReportOldest)
  while (written - oldest + HEAD + count > capacity) {
    oldest += HEAD + load<u32>(slot(state, oldest + 2, capacity))
  }
  store<u32>(state, oldest, State.ReportOldest)
  put(state, capacity, kind)
  put(state, capacity, load<u32>(at - 4) & 0x7fffffff)
  put(state, capacity, count)
}

function put(state: usize, capacity: u32, word: u32): void {
  const written = load<u32>(state, State.ReportWritten)
  store<u32>(slot(state, written, capacity), word)
  store<u32>(state, written + 1, State.ReportWritten)
}

// @ts-ignore: decorator
@inline
function slot(state: usize, index: u32, capacity: u32): usize {
  return <usize>load<u32>(state, State.Report) + (<usize>(index % capacity) << 2)
}
