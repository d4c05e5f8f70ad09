import { jit, matmul, tensor } from '../../build/ts/index.js'
import { cases } from './shapes.mjs'

export const prepare = only =>
  cases(only, (_, a, b) => {
    const multiply = jit((a, b) => matmul(a, b))
    const left = tensor(a.data, { shape: a.shape })
    const right = tensor(b.data, { shape: b.shape })
    return { run: () => multiply(left, right).dispose(), read: () => multiply(left, right).data() }
  })
