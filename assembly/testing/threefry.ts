// threefry2x32 as the paper writes it, one counter at a time; and the kernel at any counter, for known answers.
export { threefry } from '../kernels/threefry'

/** Stores the two words of one encrypted counter at `out`. */
export function naiveThreefry(out: usize, k0: u32, k1: u32, c0: u32, c1: u32): void {
  const rotations: u64 = 0x18101d11061a0f0d // 13, 15, 26, 6, 17, 29, 16, 24 from the lowest byte up
  const k2 = k0 ^ k1 ^ 0x1bd11bda
  let x0 = c0 + k0
  let x1 = c1 + k1
  for (let round: u32 = 0; round < 20; round++) {
    x0 += x1
    x1 = rotl<u32>(x1, <u32>(rotations >> ((round & 7) << 3)) & 0xff) ^ x0
    if ((round & 3) != 3) continue
    const s = (round >> 2) + 1
    x0 += s % 3 == 0 ? k0 : s % 3 == 1 ? k1 : k2
    x1 += (s % 3 == 0 ? k1 : s % 3 == 1 ? k2 : k0) + s
  }
  store<u32>(out, x0)
  store<u32>(out, x1, 4)
}
