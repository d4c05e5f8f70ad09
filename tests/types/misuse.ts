// What must not compile.
import { add, grad, jit, matmul, scan, sum, Tensor as T, tensor, valueAndGrad, vmap } from 'heddle'
import { beam } from 'heddle/decode'
import { wordVocabulary } from 'heddle/text'

interface Dense {
  w: T
  b: T
}
declare const p: Dense
declare const x: T

// @ts-expect-error a loss is a tensor, not a number
grad((q: Dense) => 1)
// @ts-expect-error the gradient has the parameters' type
const wrong: T = grad((q: Dense) => sum(q.w))(p)
// @ts-expect-error the transformed function takes the same arguments
grad((q: Dense, input: T) => sum(input))(p)
// @ts-expect-error and of the same types
grad((q: Dense, input: T) => sum(input))({ w: x }, x)
// @ts-expect-error a loss with extras needs hasAux
valueAndGrad((q: Dense) => [sum(q.w), x] as const)(p)
// @ts-expect-error a function, not a tensor
vmap(x)
// @ts-expect-error more axes than arguments
vmap((a: T) => a, [0, 1])
// @ts-expect-error an axis is a number, null or a tree
vmap((a: T) => a, ['rows'])
// @ts-expect-error the carry keeps its tree
scan((h, input: T) => [{ h }, input], x, x)
// @ts-expect-error a scan returns [carry, output]
scan((h, input: T) => h, x, x)
// @ts-expect-error compiled functions check their arguments
jit((a: T, rate: number) => a)(x, 'fast')
// @ts-expect-error unknown option
jit((a: T) => a, { donated: [0] })
// @ts-expect-error an operand is a tensor or a number
add(x, 'one')
// @ts-expect-error both sides of a product are tensors
matmul(x, [[1]])
// @ts-expect-error no such dtype
tensor([1], { dtype: 'float16' })
// @ts-expect-error tensors are immutable
x.shape[0] = 3
// @ts-expect-error and their fields too
x.dtype = 'int32'
// @ts-expect-error where a tensor's value comes from is nobody's business
x.source
// @ts-expect-error tensors are made by operations
new T()
// @ts-expect-error not even with the right arguments
new T([2], 'float32', x)
// @ts-expect-error and there are no other kinds of them
class Sub extends T {}
// @ts-expect-error the step keeps the carry's type
beam((h, token: T) => [{ h }, token], x, x, { length: 3, width: 2 })
// @ts-expect-error two ways to prune
beam((h: T, token: T) => [h, token], x, x, { length: 3, width: 2, pruning: 'none' })
// @ts-expect-error only special tokens that were named have ids
wordVocabulary([''], { special: ['pad'] }).special.eos
