// JAX's random numbers (jax_threefry_partitionable) from their published definitions, in plain numbers: element i of what
// is drawn from a key is the encrypted counter (0, i).

export type Key = readonly [number, number]

/** Threefry-2x32-20 as Salmon et al. 2011 print it, section 3 and table 2, in 64-bit integers. */
function threefry([k0, k1]: Key, c0: number, c1: number): Key {
  const word = (x: bigint) => x & 0xffffffffn
  const keys = [BigInt(k0), BigInt(k1), BigInt(k0) ^ BigInt(k1) ^ 0x1bd11bdan]
  let [x0, x1] = [word(BigInt(c0) + keys[0]), word(BigInt(c1) + keys[1])]
  for (let round = 0; round < 20; round++) {
    const rotation = [13n, 15n, 26n, 6n, 17n, 29n, 16n, 24n][round % 8]
    x0 = word(x0 + x1)
    x1 = word((x1 << rotation) | (x1 >> (32n - rotation))) ^ x0
    if (round % 4 < 3) continue
    const injection = (round + 1) / 4
    x0 = word(x0 + keys[injection % 3])
    x1 = word(x1 + keys[(injection + 1) % 3] + BigInt(injection))
  }
  return [Number(x0), Number(x1)]
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

export const split = (key: Key, count = 2): Key[] => range(count).map(i => threefry(key, 0, i))

export const foldIn = (key: Key, data: number): Key => threefry(key, 0, data >>> 0)

export const bits = (key: Key, count: number): number[] =>
  split(key, count).map(([x0, x1]) => Number(BigInt(x0) ^ BigInt(x1)))

/** 23 bits as the mantissa of a float in [1, 2), less 1, spread over [low, high). */
export function uniform(key: Key, count: number, low = 0, high = 1): number[] {
  const [from, to] = [low, high].map(Math.fround)
  const spread = (unit: number) => Math.fround(Math.fround(unit * Math.fround(to - from)) + from)
  return bits(key, count).map(word => Math.max(from, spread(Math.floor(word / 512) / 2 ** 23)))
}

/** Twice 32 bits, of which the upper ones count only where the square of 2^16 modulo the range fits 32 bits. */
export function randint(key: Key, count: number, low: number, high: number): number[] {
  const [upper, lower] = split(key).map(part => bits(part, count))
  const span = BigInt(high - low)
  const wrap = (x: bigint) => BigInt.asUintN(32, x)
  const half = 65536n % span
  const multiplier = wrap(half * half) % span
  return upper.map((word, i) => {
    const offset = wrap(wrap((BigInt(word) % span) * multiplier) + (BigInt(lower[i]) % span)) % span
    return low + Number(offset)
  })
}

/** The numbers below `count` in random order: sorted by random words, again and again, until equal words do not matter. */
export function permutation(key: Key, count: number): number[] {
  let order = range(count)
  const rounds = Math.ceil((3 * Math.log(Math.max(1, count))) / Math.log(4294967295))
  for (let round = 0; round < rounds; round++) {
    const [next, own] = split(key)
    const words = bits(own, count)
    order = range(count)
      .sort((a, b) => words[a] - words[b])
      .map(place => order[place])
    key = next
  }
  return order
}
