// Packs bytes into text: LZ77 whose every choice is coded bit by bit (as in LZMA), the probability of each bit mixed from
// what three contexts expect (Mahoney's PAQ). ts/runtime/decode.ts unpacks; `makeModel` must stay what it does there, to
// the last bit. Both use only what IEEE 754 rounds alike everywhere, so that every engine reads the same bytes.

/** Longest match, and how many earlier places with the same two bytes are tried. */
const LONGEST = 400
const PLACES = 400
/** Parses, each with what the choices cost in the one before. */
const ROUNDS = 4

/** What a bit belongs to. */
const LITERAL = 0
const FLAG = 1
const LENGTH = 2
const DISTANCE = 3

const EMPTY = { history: 0, recent: 1 }

const table = (length, f) => Int16Array.from({ length }, (_, i) => f(i))
/** x / sqrt(1 + x^2), which is near enough to the logistic function, and its inverse, both in fixed point. */
const SQUASH = table(2048, i => {
  const x = (i - 1024) / 64
  return (x / Math.sqrt(1 + x * x)) * 32700
})
const STRETCH = table(1024, i => {
  const q = (i - 511.5) / 512
  return Math.min(Math.max(q / Math.sqrt(1 - q * q), -15.9), 15.9) * 256
})
/** The share of an estimate's error that the next bit corrects, by the bits seen. */
const SHARES = table(32, i => 16384 / (i + 1.6))

/**
 * What is expected of each bit, from -32767 (surely 0) to 32767 (surely 1), in each of three contexts: one that the caller
 * names, and the two bytes before (upper bits of them, but for a byte). An estimate is kept above the count of its bits,
 * which takes five.
 */
function makeModel(bytes) {
  const estimates = new Int32Array(12 << 16)
  const weights = new Int32Array(12).fill(26214)
  const slots = [0, 0, 0]
  const inputs = [0, 0, 0]

  function predict(at, kind, node, context) {
    let sum = 0
    for (let i = 0; i < 3; i++) {
      slots[i] = ((kind * 3 + i) << 16) | (node << 8) | (i === 0 ? context : bytes[at - i] >> kind)
      inputs[i] = STRETCH[(estimates[slots[i]] >> 11) + 512]
      sum = (sum + Math.imul(weights[kind * 3 + i], inputs[i])) | 0
    }
    return SQUASH[Math.min(Math.max((sum >> 18) + 1024, 0), 2047)]
  }

  /** Follows a prediction. */
  function learn(kind, bit, predicted) {
    const target = bit ? 32700 : -32700
    for (let i = 0; i < 3; i++) {
      weights[kind * 3 + i] += ((target - predicted) * inputs[i]) >> 15
      const estimate = estimates[slots[i]]
      const count = estimate & 31
      const step = ((target - (estimate >> 5)) * SHARES[count]) >> 14
      estimates[slots[i]] = estimate + (step << 5) + (count < 20 ? 1 : 0)
    }
  }
  return { predict, learn }
}

/** The bits of a byte as [node of the tree of its values, bit]. */
function* byteBits(byte) {
  for (let i = 7; i >= 0; i--) yield [(256 | byte) >> (i + 1), (byte >> i) & 1]
}

/** The bits of a number >= 1: how many follow its first in unary, then those; beyond three only the last four in trees. */
function* numberBits(value) {
  const length = 31 - Math.clz32(value)
  for (let i = 0; i < length; i++) yield [i, 1]
  yield [length, 0]
  for (let i = length - 1; i >= 0; i--) {
    const known = value >> (i + 1)
    const node = length - i < 4 ? 24 + length * 8 + known : i < 4 ? 176 + (known % (8 >> i)) + (8 >> i) : 192 + i
    yield [node, (value >> i) & 1]
  }
}

/** For each place and each length the nearest match. */
function findMatches(bytes) {
  const last = new Int32Array(12 << 16).fill(-1)
  const before = new Int32Array(bytes.length)
  return Array.from(bytes, (byte, at) => {
    const matches = []
    const longest = Math.min(LONGEST, bytes.length - at)
    const pair = byte | (bytes[at + 1] << 8)
    let found = 1
    for (let from = last[pair], n = PLACES; from >= 0 && n > 0 && found < longest; from = before[from], n--) {
      if (bytes[from + found] !== bytes[at + found]) continue
      let length = 2
      while (length < longest && bytes[from + length] === bytes[at + length]) length++
      while (found < length) matches.push([++found, at - from])
    }
    before[at] = last[pair]
    last[pair] = at
    return matches
  })
}

/** What the next choice depends on: the last three choices, and the distance of the last match. */
const stateAfter = ({ history, recent }, distance) => ({
  history: ((history << 1) & 7) | (distance > 0 ? 1 : 0),
  recent: distance || recent,
})

/** The cheapest way through the bytes, as [at, length, distance]; the distance of a literal is 0. */
function parse(bytes, matches, prices) {
  const size = bytes.length
  const costs = new Float64Array(size + 1).fill(Infinity)
  const states = [EMPTY]
  const steps = []
  costs[0] = 0
  for (let at = 0; at < size; at++) {
    const reach = (length, distance, price) => {
      const cost = costs[at] + price
      if (cost >= costs[at + length]) return
      costs[at + length] = cost
      steps[at + length] = [at, length, distance]
      states[at + length] = stateAfter(states[at], distance)
    }
    const { history, recent } = states[at]
    const [literal, fresh, again] = prices.flags[history]
    reach(1, 0, literal + prices.literals[at])
    for (let length = 1; length <= LONGEST && at + length <= size; length++) {
      if (bytes[at + length - 1] !== bytes[at + length - 1 - recent]) break
      reach(length, recent, again + prices.length(length, 1))
    }
    for (const [length, distance] of matches[at]) {
      reach(length, distance, fresh + prices.length(length - 1, 0) + prices.distance(distance, nearness(length)))
    }
  }
  const path = []
  for (let at = size; at > 0; [at] = steps[at]) path.push(steps[at])
  return path.reverse()
}

/** The context of a distance: short matches lie near. */
const nearness = length => Math.min(length, 5)

const costOf = (predicted, bit) => -Math.log2((bit ? 32768 + predicted : 32768 - predicted) / 65536)

/** Runs the model along a path and gives each bit to `write(bit, predicted)`; returns what the choices cost. */
function follow(bytes, path, write) {
  const { predict, learn } = makeModel(bytes)
  const sums = Array.from({ length: 8 }, () => [0.5, 2, 3].map(cost => ({ cost: cost * 8, count: 8 })))
  const literals = new Float64Array(bytes.length)
  let state = EMPTY
  for (const [at, length, distance] of path) {
    const { history, recent } = state
    const code = (kind, bits, context) => {
      let cost = 0
      for (const [node, bit] of bits) {
        const predicted = predict(at, kind, node, context)
        cost += costOf(predicted, bit)
        write(bit, predicted)
        learn(kind, bit, predicted)
      }
      return cost
    }
    for (let i = at; i < at + length; i++) {
      for (const [node, bit] of byteBits(bytes[i])) {
        literals[i] += costOf(predict(i, LITERAL, node, bytes[i - recent]), bit)
      }
    }
    const choice = distance === 0 ? 0 : distance === recent ? 2 : 1
    const sum = sums[history][choice]
    sum.count++
    sum.cost += code(
      FLAG,
      choice === 0
        ? [[0, 0]]
        : [
            [0, 1],
            [1, choice - 1],
          ],
      history,
    )
    if (choice === 0) code(LITERAL, byteBits(bytes[at]), bytes[at - recent])
    else code(LENGTH, numberBits(choice === 1 ? length - 1 : length), choice - 1)
    if (choice === 1) code(DISTANCE, numberBits(distance), nearness(length))
    state = stateAfter(state, distance)
  }
  const priceOf = kind => {
    const known = new Map()
    return (value, context) => {
      const key = value * 8 + context
      if (!known.has(key)) {
        let cost = 0
        for (const [node, bit] of numberBits(value)) cost += costOf(predict(0, kind, node, context), bit)
        known.set(key, cost)
      }
      return known.get(key)
    }
  }
  return {
    literals,
    flags: sums.map(row => row.map(({ cost, count }) => cost / count)),
    length: priceOf(LENGTH),
    distance: priceOf(DISTANCE),
  }
}

/** Digits of a number between 0 and 1 that tells all bits (a range coder; carries run into earlier digits). */
function encode(bytes, path) {
  const digits = [0, 0, 0, 0, 0]
  let range = 2 ** 30
  follow(bytes, path, (bit, predicted) => {
    const split = (range >>> 16) * (32768 + predicted)
    let carry = bit ? 0 : split
    range = bit ? split : range - split
    for (let i = digits.length - 1; carry > 0; i--) {
      carry += digits[i]
      digits[i] = carry % 64
      carry = Math.floor(carry / 64)
    }
    for (; range < 2 ** 26; range *= 64) digits.push(0)
  })
  return digits
}

/** The 64 digits are `=` to `}` without the backslash: nothing that a minifier or a page would have to escape. */
const characterOf = digit => String.fromCharCode(digit + (digit < 31 ? 61 : 62))

/** The bytes as text. */
export function pack(bytes) {
  const matches = findMatches(bytes)
  let prices = {
    literals: new Float64Array(bytes.length).fill(5),
    flags: new Array(8).fill([0.5, 2, 3]),
    length: length => 1 + 2 * Math.log2(length),
    distance: distance => 3 + Math.log2(distance),
  }
  let best = []
  let fewest = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const path = parse(bytes, matches, prices)
    let cost = 0
    prices = follow(bytes, path, (bit, predicted) => {
      cost += costOf(predicted, bit)
    })
    if (cost < fewest) best = path
    fewest = Math.min(fewest, cost)
  }
  return encode(bytes, best).map(characterOf).join('')
}
