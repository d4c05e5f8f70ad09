// How an instruction's fields are read; every kernel family decodes its own fields with these (see format.ts).
import { State } from './format'

/** Bytes that one OPERAND takes at the current loop depth. */
// @ts-ignore: decorator
@inline
export function operandSize(state: usize): usize {
  return 8 + (<usize>load<u32>(state, State.Depth) << 2)
}

/** The address that the OPERAND at `at` names in the current iteration of the enclosing loops. */
export function address(at: usize, state: usize): usize {
  const depth = <usize>load<u32>(state, State.Depth)
  let result = load<u32>(<usize>load<u32>(state, State.Slots) + (<usize>load<u32>(at) << 2)) + load<u32>(at, 4)
  for (let d: usize = 0; d < depth; d++) {
    result += load<u32>(state + (d << 4), State.Loops) * load<u32>(at + (d << 2), 8)
  }
  return result
}

/** The count that the EXTENT at `at` stands for: the word itself, or an extent register's value. */
// @ts-ignore: decorator
@inline
export function extent(at: usize, state: usize): u32 {
  const word = load<u32>(at)
  return word >> 31 ? load<u32>(state + (<usize>(word & 0xf) << 2), State.Extents) : word
}

/** First index of share `part` when `count` items go to `parts` shares; the share ends where the next one starts. */
// @ts-ignore: decorator
@inline
export function shareStart(count: u32, part: u32, parts: u32): u32 {
  return <u32>((<u64>count * part) / parts)
}
