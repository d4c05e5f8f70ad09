// Attention of recurrent decoders. PyTorch's vectors go through it too: tests/conformance/torch-attention.ts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { grad, jit, matmul, ones, random, sum, type Tensor, tensor, vmap, zeros } from '../../ts/index.js'
import { type Attention, bahdanauAttention, initializers, luongAttention } from '../../ts/nn/index.js'
import { close } from '../close.js'

const kinds = {
  bahdanau: bahdanauAttention(5),
  dot: luongAttention('dot'),
  general: luongAttention(),
  concat: luongAttention('concat', { units: 5 }),
} as unknown as Record<string, Attention>
const [query, keys] = [random.normal(random.key(1), [3]), random.normal(random.key(2), [4, 3])]
const mask = tensor([true, false, true, false])

for (const [name, attention] of Object.entries(kinds)) {
  const params = attention.init(random.key(0), query, keys)

  test(`${name}: weights add up to 1, and the context is the mean of the keys by them`, () => {
    const { context, weights } = attention.apply(params, query, keys)
    close(sum(weights), 1)
    assert.ok(weights.data().every(w => w > 0))
    close(context, matmul(weights, keys).toArray())
  })

  test(`${name}: what is masked has no weight and does not matter`, () => {
    const { context, weights } = attention.apply(params, query, keys, { mask })
    assert.equal([weights.data()[1], weights.data()[3]], [0, 0])
    const some = (keys.toArray() as number[][]).filter((_, i) => i % 2 === 0)
    close(context, attention.apply(params, query, tensor(some)).context.toArray(), 1e-6)
    const gradient = grad((k: Tensor) => sum(attention.apply(params, query, k, { mask }).context))(keys)
    const rows = gradient.toArray() as number[][]
    assert.equal(
      [rows[1], rows[3]],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    )
  })

  test(`${name}: where nothing is left, the context is zeros, and gradients are finite`, () => {
    const none = { mask: tensor([false, false, false, false]) }
    const { context, weights } = attention.apply(params, query, keys, none)
    assert.equal(
      [context.toArray(), weights.toArray()],
      [
        [0, 0, 0],
        [0, 0, 0, 0],
      ],
    )
    const gradient = grad((k: Tensor) => sum(attention.apply(params, query, k, none).context))(keys)
    assert.ok(gradient.data().every(g => g === 0))
  })

  test(`${name}: vmap makes it a batch of queries, compiled or not`, () => {
    const queries = random.normal(random.key(3), [2, 3])
    const one = (q: Tensor) => attention.apply(params, q, keys, { mask })
    const all = vmap(one)(queries)
    const compiled = jit(vmap(one))(queries)
    for (let i = 0; i < 2; i++) {
      const alone = one(tensor((queries.toArray() as number[][])[i]))
      for (const part of ['context', 'weights'] as const) {
        close(tensor((all[part].toArray() as number[][])[i]), alone[part].toArray(), 1e-6)
        close(tensor((compiled[part].toArray() as number[][])[i]), alone[part].toArray(), 1e-6)
      }
    }
  })

  test(`${name}: other shapes are refused`, () => {
    const refused = (q: Tensor, k: Tensor, m?: Tensor) => () => attention.apply(params, q, k, { mask: m })
    const who = name === 'bahdanau' ? 'bahdanauAttention' : 'luongAttention'
    assert.throws(refused(keys, keys), ({ message }: Error) =>
      message.includes(`${who}: one query [Q] and keys [S, K] are expected, not [4, 3] and [4, 3]`),
    )
    assert.throws(refused(query, query), /not \[3\] and \[3\]/)
    assert.throws(refused(query, keys, tensor([true])), /the mask of keys \[4, 3\] is bool\[4\], not bool\[1\]/)
    assert.throws(refused(query, keys, ones([4])), /is bool\[4\], not float32\[4\]/)
    const misspelt = () => attention.apply(params, query, keys, { masks: tensor([true]) } as never)
    assert.throws(misspelt, /ttention: there is no option masks; the options are \{ mask \}/)
  })
}

test('scores by hand', () => {
  const [q, k] = [
    tensor([1, 2]),
    tensor([
      [1, 0],
      [0.5, -1],
    ]),
  ] // prettier-ignore
  const share = (a: number, b: number) => 1 / (1 + Math.exp(b - a))
  const first = <P>(attention: Attention<P>, params: P) => attention.apply(params, q, k).weights.data()[0]
  close(tensor(first(luongAttention('dot'), null)), share(1, -1.5), 1e-6)
  const w = tensor([
    [2, 0],
    [1, 1],
  ]) // prettier-ignore
  close(tensor(first(luongAttention('general'), { w })), share(4, 0), 1e-6)
  const [wq, wk] = [tensor([[0.5], [0.25]]), tensor([[1], [2]])]
  const t = Math.tanh
  close(
    tensor(first(luongAttention('concat'), { wq, wk, v: tensor([3]) })),
    share(3 * t(1 + 1), 3 * t(1 + 0.5 - 2)),
    1e-6,
  )
  close(
    tensor(first(bahdanauAttention(1), { wq, wk, b: tensor([-1]), v: tensor([3]) })),
    share(3 * t(1), 3 * t(0.5 - 2)),
    1e-6,
  )
})

test('sizes are inferred; the bias starts at zero; "dot" has nothing to learn, and one length', () => {
  const [q, k] = [{ shape: [3] }, { shape: [7, 2] }]
  const { wq, wk, b, v } = bahdanauAttention(5).init(random.key(0), q, k)
  assert.equal([wq.shape, wk.shape, b.toArray(), v.shape], [[3, 5], [2, 5], zeros([5]).toArray(), [5]])
  assert.equal(luongAttention().init(random.key(0), q, k).w.shape, [3, 2])
  assert.equal(luongAttention('concat').init(random.key(0), q, k).v.shape, [3])
  assert.is(luongAttention('dot').init(random.key(0), q, { shape: [7, 3] }), null)
  assert.throws(
    () => luongAttention('dot').init(random.key(0), q, k),
    /'dot' needs queries and keys of one length, not 3 and 2/,
  )
  assert.throws(() => luongAttention('dot').apply(null, query, zeros([7, 2])), /not 3 and 2/)
  assert.throws(
    () => luongAttention('sum' as 'dot'),
    ({ message }: Error) => message.includes(`the score is 'dot', 'general' or 'concat', not "sum"`),
  )
  assert.throws(() => bahdanauAttention(0), /bahdanauAttention: units is a positive integer, not 0/)
  assert.throws(() => luongAttention('concat', { units: 0.5 }), /luongAttention: units is a positive integer, not 0\.5/)
})

test('parameters that are not theirs, and initializers that are none', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is given on purpose is not what the types ask for
  const all: [(options: any) => any, string][] = [
    [options => bahdanauAttention(2, options), 'wq'],
    [options => luongAttention('concat', options), 'wq'],
    [options => luongAttention('general', options), 'w'],
  ]
  for (const [make, name] of all) {
    const missing = new RegExp(`Attention: the parameters are not what init returned: ${name} is missing`)
    assert.throws(() => make({}).apply({}, query, keys), missing)
    assert.throws(
      () => make({ init: 'zeros' }),
      /Attention: init is a function such as initializers.zeros, not the str/,
    )
    const uncalled = make({ init: initializers.normal })
    assert.throws(
      () => uncalled.init(random.key(0), query, keys),
      /Attention: an initializer returns a function, not a/,
    )
  }
})

test.run()
