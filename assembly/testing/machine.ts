// The machine and its allocator as they ship; the kernels that only move or number words are reached through run().
// The heap has its own names here because it takes all memory, which the tests' bump allocator hands out too.
export {
  allocate as heapAllocate, capacity as heapCapacity, largestFree as heapLargestFree, release as heapRelease,
  resident as heapResident
} from '../memory'
export { run } from '../machine'
export { extend } from '../extend'
export * from '../extension'
export { allFinite } from '../report'
import { allocate, release } from '../memory'

/** For the bench: `rounds` times allocate and release a block of 64 to 4096 bytes among `live` others. */
export function heapPairs(rounds: u32, live: u32, table: usize): void {
  let random: u32 = 12345
  for (let i: u32 = 0; i < rounds; i++) {
    random = random * 1664525 + 1013904223
    const at = table + (<usize>((random >> 8) % live) << 2)
    release(load<u32>(at))
    store<u32>(at, <u32>allocate(64 + ((random >> 4) & 0xfff)))
  }
}
