// The laws of attention and its derivatives: references in double precision, from the definitions.
import { attentionPrimitive } from './attention.js'
import { type AttentionParams, baseCount } from './attention-lowering.js'
import { attentionGradientPrimitive, attentionTangentPrimitive } from './attention-rules.js'
import { build, type Case, type Draw, get, indices, type Laws, type NdArray, values } from './laws.js'

/** The operands of one head as functions of indices; `more`: those that only the derivatives have. */
function headOf(inputs: readonly NdArray[], params: AttentionParams, lead: readonly number[]) {
  const at = (i: number) => (index: readonly number[]) => get(inputs[i], [...lead, ...index])
  const more = inputs.slice(baseCount(params)).map(
    x =>
      (...index: number[]) =>
        get(x, [...lead, ...index]),
  )
  const [q, k, v] = [at(0), at(1), at(2)]
  const [queries, depth] = inputs[0].shape.slice(-2)
  const [keys, width] = inputs[2].shape.slice(-2)
  const count = params.lengths ? at(3 + Number(params.mask))([]) : keys
  const isBool = params.mask && inputs[3].dtype === 'bool'
  const score = (i: number, j: number): number => {
    if (j >= count || (params.causal && j > i) || (isBool && at(3)([i, j]) === 0)) return -Infinity
    const products = Array.from({ length: depth }, (_, d) => q([i, d]) * k([j, d]))
    return products.reduce((a, b) => a + b, 0) * params.scale + (params.mask && !isBool ? at(3)([i, j]) : 0)
  }
  return { q, k, v, more, queries, keys, depth, width, score }
}

const total = (n: number, f: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => f(i)).reduce((a, b) => a + b, 0)

/** Weights [i][j] of one head, given the logarithms of their sums (by default those of its own scores). */
function weightsOf({ queries, keys, score }: ReturnType<typeof headOf>, logSum?: (i: number) => number) {
  const scores = Array.from({ length: queries }, (_, i) => Array.from({ length: keys }, (_, j) => score(i, j)))
  const sums = scores.map((row, i) => {
    const top = Math.max(...row, -Infinity)
    return logSum?.(i) ?? (top === -Infinity ? top : top + Math.log(total(keys, j => Math.exp(row[j] - top))))
  })
  return { sums, weights: scores.map((row, i) => row.map(s => (s === -Infinity ? 0 : Math.exp(s - sums[i])))) }
}

/** Results head by head, as arrays of these shapes behind the leading dimensions. */
function byHead(inputs: readonly NdArray[], one: (lead: readonly number[]) => NdArray[]): NdArray[] {
  const lead = inputs[0].shape.slice(0, -2)
  const heads = new Map<string, NdArray[]>()
  const head = (index: readonly number[]) => {
    const key = index.slice(0, lead.length).join()
    heads.set(key, heads.get(key) ?? one(index.slice(0, lead.length)))
    return heads.get(key)!
  }
  return one(lead.map(() => 0)).map(({ shape }, r) =>
    build([...lead, ...shape], 'float32', index => get(head(index)[r], index.slice(lead.length))),
  )
}

const forwardOf = (inputs: readonly NdArray[], params: AttentionParams): NdArray[] =>
  byHead(inputs, lead => {
    const head = headOf(inputs, params, lead)
    const { sums, weights } = weightsOf(head)
    return [
      build([head.queries, head.width], 'float32', ([i, d]) => total(head.keys, j => weights[i][j] * head.v([j, d]))),
      build([head.queries], 'float32', ([i]) => sums[i]),
    ]
  })

/** L of attention-rules.ts. */
const tangentOf = (inputs: readonly NdArray[], params: AttentionParams): NdArray[] =>
  byHead(inputs, lead => {
    const head = headOf(inputs, params, lead)
    const [logSums, tq, tk, tv, bias] = head.more
    const { weights } = weightsOf(head, logSums)
    const moved = weights.map((row, i) =>
      row.map((p, j) => {
        const products = total(head.depth, d => tq(i, d) * head.k([j, d]) + head.q([i, d]) * tk(j, d))
        return p * (products * params.scale + (bias?.(i, j) ?? 0))
      }),
    )
    return [
      build([head.queries, head.width], 'float32', ([i, d]) =>
        total(head.keys, j => weights[i][j] * tv(j, d) + moved[i][j] * head.v([j, d])),
      ),
      build([head.queries], 'float32', ([i]) => total(head.keys, j => moved[i][j])),
    ]
  })

/** G of attention-rules.ts. */
const gradientOf = (inputs: readonly NdArray[], params: AttentionParams): NdArray[] =>
  byHead(inputs, lead => {
    const head = headOf(inputs, params, lead)
    const { queries, keys, depth, width } = head
    const [logSums, out, sums] = head.more
    const { weights } = weightsOf(head, logSums)
    const slopes = weights.map((row, i) =>
      row.map((p, j) => params.scale * p * (total(width, d => out(i, d) * head.v([j, d])) + sums(i))),
    )
    return [
      build([queries, depth], 'float32', ([i, d]) => total(keys, j => slopes[i][j] * head.k([j, d]))),
      build([keys, depth], 'float32', ([j, d]) => total(queries, i => slopes[i][j] * head.q([i, d]))),
      build([keys, width], 'float32', ([j, d]) => total(queries, i => weights[i][j] * out(i, d))),
    ]
  })

/** Sizes around those of tiles and blocks, with any of the options. */
function drawHead(draw: Draw, sizes: readonly number[]): Case<AttentionParams> {
  const lead = draw.pick([[], [1], [2], [3, 2]])
  const [queries, keys] = [draw.pick(sizes), draw.pick(sizes)]
  const [depth, width] = [draw.pick([1, 3, 8, 9]), draw.pick([1, 5, 8])]
  const params = {
    scale: draw.pick([1, 0.5, 0.3]),
    causal: draw.integer(0, 1) === 1,
    mask: draw.integer(0, 1) === 1,
    lengths: draw.integer(0, 2) === 0,
  }
  const random = draw.random()
  const inputs = [
    [queries, depth],
    [keys, depth],
    [keys, width],
  ].map(shape => values(draw, [...lead, ...shape], 'float32', -1, 1))
  // Each query sees a key: the logarithm of nothing has no derivative.
  if (params.mask) {
    const mask = values(draw, [...lead, queries, keys], draw.pick(['bool', 'float32'] as const), -1, 1)
    inputs.push(
      build(mask.shape, mask.dtype, index => (mask.dtype === 'bool' && index.at(-1) === 0 ? 1 : get(mask, index))),
    )
  }
  if (params.lengths) inputs.push(build(lead, 'int32', () => 1 + Math.floor(random() * (keys + 2))))
  return { inputs, params }
}

const SIZES = [1, 2, 4, 5, 6, 11]

/** Sums of terms of about 1, where the logarithms are those of the scores. */
const magnitude = (results: NdArray[], inputs: readonly NdArray[]): NdArray[] => {
  const scale = 2 + inputs[0].shape.at(-2)! + inputs[1].shape.at(-2)!
  return results.map(result => build(result.shape, 'float32', () => scale))
}

/** The same where the logarithms may be others: the largest weight. */
function magnitudeOf(results: NdArray[], inputs: readonly NdArray[], params: AttentionParams): NdArray[] {
  let largest = 1
  for (const lead of indices(inputs[0].shape.slice(0, -2))) {
    const head = headOf(inputs, params, lead)
    largest = Math.max(largest, ...weightsOf(head, head.more[0]).weights.flat())
  }
  return magnitude(results, inputs).map(({ data, ...type }) => ({ ...type, data: data.map(x => x * largest) }))
}

/** What the derivatives take beside the operands: logarithms of sums near their own values, then random values. */
const withMore = (
  draw: Draw,
  { inputs, params }: Case<AttentionParams>,
  more: (c: Case<AttentionParams>) => number[][],
) => {
  const own = forwardOf(inputs, params)[1]
  const logSums = build(own.shape, 'float32', index => Math.fround(get(own, index)))
  const lead = inputs[0].shape.slice(0, -2)
  const rest = more({ inputs, params }).map(shape => values(draw, [...lead, ...shape], 'float32', -1, 1))
  return { inputs: [...inputs, logSums, ...rest], params }
}

const sizesOf = (inputs: readonly NdArray[]): number[][] => inputs.slice(0, 3).map(({ shape }) => shape.slice(-2))

export const attentionLaws: Laws<AttentionParams> = {
  primitive: attentionPrimitive,
  tolerance: 16,
  reference: forwardOf,
  magnitude: (inputs, params) => magnitude(forwardOf(inputs, params), inputs),
  draw: draw => drawHead(draw, SIZES),
  edges: () =>
    [41, 130, 300].flatMap(n =>
      [false, true].map(causal => ({
        inputs: [
          [n, 9],
          [n + 3, 9],
          [n + 3, 10],
        ].map(shape => build(shape, 'float32', ([i, j]) => Math.fround(Math.sin(i * 7 + j * 3 + shape[1])))),
        params: { scale: 1, causal, mask: false, lengths: false },
      })),
    ),
}

export const attentionTangentLaws: Laws<AttentionParams> = {
  primitive: attentionTangentPrimitive,
  tolerance: 32,
  reference: tangentOf,
  magnitude: (inputs, params) => magnitudeOf(tangentOf(inputs, params), inputs, params),
  draw(draw) {
    const own = withMore(draw, drawHead(draw, [1, 2, 5]), ({ inputs }) => sizesOf(inputs))
    const isBias = own.params.mask && own.inputs[3].dtype === 'float32'
    if (!isBias) return own
    const { shape } = own.inputs[3]
    return { inputs: [...own.inputs, values(draw, shape, 'float32', -1, 1)], params: { ...own.params, bias: true } }
  },
}

export const attentionGradientLaws: Laws<AttentionParams> = {
  primitive: attentionGradientPrimitive,
  tolerance: 32,
  reference: gradientOf,
  magnitude: (inputs, params) => magnitudeOf(gradientOf(inputs, params), inputs, params),
  draw: draw =>
    withMore(draw, drawHead(draw, SIZES), ({ inputs }) => {
      const [[queries], , [, width]] = sizesOf(inputs)
      return [[queries, width], [queries]]
    }),
}
