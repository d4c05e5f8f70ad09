import { gptGenerate, gptLogits } from '../../build/bench/workloads.js'
import { jit, tensor } from '../../build/ts/index.js'
import { mapLeaves } from '../lib/data.mjs'
import { cases, FIRST, ids, params } from './gpt.mjs'

export function prepare() {
  const p = mapLeaves(({ data, shape }) => tensor(data, { shape }), params)
  const logits = jit((p, ids) => gptLogits(p, ids))
  const generated = jit((p, first) => gptGenerate(p, first))
  const forward = () => logits(p, tensor(ids, { dtype: 'int32' })).data()
  const generate = () => generated(p, tensor(FIRST, { dtype: 'int32' })).data()
  return cases({ forward, generate })
}
