import { matmul, tensor } from '../../dist/index.js'

const product = matmul(
  tensor([[1, 2]]),
  tensor([
    [1, 2],
    [5, 6],
  ]),
)
console.log(JSON.stringify({ answers: [...product.data()] }))
