// W7: W5's GPT at batch 1: the logits of 128 tokens, and 128 tokens generated greedily, one after the other, with a cache of
// keys and values. What is compared are the last logits, and the tokens.
import { gptModel } from '../lib/data.mjs'
import { dense, gptStep, row } from '../lib/reference.mjs'

const model = gptModel()
export const { params, sizes } = model
export const ids = model.x.data.slice(0, sizes.T)
export const FIRST = 7

/** Calls `visit` with each place's logits; its token is the next of `given`, or what `visit` returns. */
function walk(visit, given) {
  const caches = params.blocks.map(() => ({ k: [], v: [] }))
  let id = FIRST
  for (let t = 0; t < sizes.T; t++) {
    const x = Float64Array.from(row(params.tok, given?.[t] ?? id), (value, i) => value + row(params.pos, t)[i])
    const last = gptStep(params, x, caches, sizes.heads)
    id = visit(dense(last, params.head, { data: new Float64Array(sizes.V) }), t)
  }
}

const argmax = list => list.indexOf(Math.max(...list))

export const known = {
  forward() {
    let last
    walk(logits => {
      last = logits
    }, ids)
    return Array.from(last)
  },
  generate() {
    const tokens = []
    walk(logits => tokens.push(argmax(logits)) && tokens.at(-1))
    return tokens
  },
}

/** The cases out of what a system does: `forward()` and `generate()` run once, `read` gives logits [T, V] or tokens [T]. */
export const cases = ({ forward, generate, read = result => result }) => [
  { name: 'forward', run: forward, answers: async () => Array.from(await read(await forward())).slice(-sizes.V) },
  { name: 'generate', run: generate, answers: async () => Array.from(await read(await generate())) },
]
