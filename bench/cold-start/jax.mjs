import { numpy as np } from '@jax-js/jax'

const product = np.matmul(
  np.array([[1, 2]]),
  np.array([
    [1, 2],
    [5, 6],
  ]),
)
console.log(JSON.stringify({ answers: [...product.dataSync()] }))
