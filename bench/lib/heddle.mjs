// What the training workloads share in heddle: one jitted step, parameters and state donated.
import { jit } from '../../build/ts/index.js'

/** The case of a workload of bench/workloads.ts. */
export function training({ params, state, step, x, y }) {
  const compiled = jit(step, { donate: [0, 1] })
  const start = performance.now()
  const { instructions, peakBytes } = compiled.compile(params, state, x, y)
  const ms = performance.now() - start
  let loss
  return {
    name: 'step',
    run: () => {
      ;[params, state, loss] = compiled(params, state, x, y)
      return loss.item()
    },
    compiled: ms,
    notes: () =>
      `compiled in ${ms.toFixed(0)} ms, ${instructions} instructions, ${(peakBytes / 2 ** 20).toFixed(1)} MiB of temporaries`,
  }
}
