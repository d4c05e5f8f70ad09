import { jit, numpy as np } from '@jax-js/jax'
import { cases } from './shapes.mjs'

export const prepare = only =>
  cases(only, (_, a, b) => {
    const multiply = jit((a, b) => np.matmul(a, b))
    const [left, right] = [a, b].map(({ data, shape }) => np.array(data, { shape }))
    const product = () => multiply(left.ref, right.ref)
    return {
      run: async () => {
        const result = product()
        await result.blockUntilReady()
        result.dispose()
      },
      read: () => product().data(),
    }
  })
