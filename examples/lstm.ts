// The whole of heddle in one small file: an LSTM cell written as the textbook writes it, for one step of one example;
// `scan` runs it over time, `vmap` over a batch, `valueAndGrad` differentiates it, `jit` makes one call of it all.
// It learns a poem by heart and recites it: `npm run example -- lstm`.
import process from 'node:process'
import {
  add,
  arange,
  at,
  cast,
  div,
  jit,
  matmul,
  mean,
  mul,
  random,
  scan,
  sigmoid,
  softmaxCrossEntropy,
  split,
  type Tensor,
  take,
  tanh,
  tensor,
  valueAndGrad,
  vmap,
  zeros,
} from 'heddle'
import { adam, applyUpdates, chain, clipByGlobalNorm, type StateOf } from 'heddle/optim'

if (process.argv.length > 2) {
  console.error(`This example takes no options, not even ${process.argv[2]}.`)
  process.exit(1)
}

// Lewis Carroll, "Jabberwocky" (1871).
const POEM = `'Twas brillig, and the slithy toves
Did gyre and gimble in the wabe;
All mimsy were the borogoves,
And the mome raths outgrabe.

"Beware the Jabberwock, my son!
The jaws that bite, the claws that catch!
Beware the Jubjub bird, and shun
The frumious Bandersnatch!"

He took his vorpal sword in hand:
Long time the manxome foe he sought--
So rested he by the Tumtum tree,
And stood awhile in thought.

And as in uffish thought he stood,
The Jabberwock, with eyes of flame,
Came whiffling through the tulgey wood,
And burbled as it came!

One, two! One, two! And through and through
The vorpal blade went snicker-snack!
He left it dead, and with its head
He went galumphing back.

"And hast thou slain the Jabberwock?
Come to my arms, my beamish boy!
O frabjous day! Callooh! Callay!"
He chortled in his joy.

'Twas brillig, and the slithy toves
Did gyre and gimble in the wabe;
All mimsy were the borogoves,
And the mome raths outgrabe.
`

const letters = [...new Set(POEM)].sort()
const encode = (text: string): Tensor => tensor(Int32Array.from(text, letter => letters.indexOf(letter)))
const decode = (ids: Tensor): string => Array.from(ids.data(), id => letters[id]).join('')
const ids = encode(POEM)
const [VOCABULARY, EMBEDDING, HIDDEN, BATCH, LENGTH] = [letters.length, 24, 128, 16, 64]

// ---- the model, for one example ----

interface Params {
  embedding: Tensor
  wx: Tensor
  wh: Tensor
  b: Tensor
  wo: Tensor
  bo: Tensor
}

interface Carry {
  h: Tensor
  c: Tensor
}

/** One step of one example: x [E], h and c [H]; gates i f g o. */
function cell({ wx, wh, b }: Params, { h, c }: Carry, x: Tensor): [Carry, Tensor] {
  const [i, f, g, o] = split(add(matmul(x, wx), matmul(h, wh), b), 4)
  const c1 = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
  const h1 = mul(sigmoid(o), tanh(c1))
  return [{ h: h1, c: c1 }, h1]
}

const start = (): Carry => ({ h: zeros([HIDDEN]), c: zeros([HIDDEN]) })
const logits = (p: Params, h: Tensor): Tensor => add(matmul(h, p.wo), p.bo)

/** The surprise at each next character: window [T + 1] -> [T] nats. */
function surprise(p: Params, window: Tensor): Tensor {
  const [before, after] = [take(window, arange(LENGTH)), take(window, arange(1, LENGTH + 1))]
  const [, hs] = scan((carry: Carry, x: Tensor) => cell(p, carry, x), start(), take(p.embedding, before))
  return softmaxCrossEntropy(logits(p, hs), after)
}

const loss = (p: Params, windows: Tensor): Tensor => mean(vmap(surprise, [null, 0])(p, windows))

// ---- training: windows from random places of the poem ----

const optimizer = chain(clipByGlobalNorm(1), adam(5e-3))
type State = StateOf<typeof optimizer>

const trainStep = jit(
  (p: Params, state: State, key: Tensor): [Params, State, Tensor] => {
    const places = cast(random.uniform(key, [BATCH, 1], 0, POEM.length - LENGTH), 'int32')
    const windows = take(ids, add(places, arange(LENGTH + 1)))
    const [value, gradient] = valueAndGrad(loss)(p, windows)
    const [updates, next] = optimizer.update(gradient, state)
    return [applyUpdates(p, updates), next, value]
  },
  { donate: [0, 1] },
)

// ---- reciting: the same cell, fed with its own draws ----

const recite = jit((p: Params, prompt: Tensor, keys: Tensor, temperature: number | Tensor): Tensor => {
  const read = (carry: Carry, id: Tensor): [Carry, Tensor] => cell(p, carry, take(p.embedding, id))
  const [carry, hs] = scan(read, start(), prompt)
  const draw = (h: Tensor, key: Tensor) => random.categorical(key, div(logits(p, h), temperature))
  const speak = ({ carry, h }: { carry: Carry; h: Tensor }, key: Tensor): [{ carry: Carry; h: Tensor }, Tensor] => {
    const id = draw(h, key)
    const [next, h1] = read(carry, id)
    return [{ carry: next, h: h1 }, id]
  }
  return scan(speak, { carry, h: at(hs, -1) }, keys)[1]
})

// ---- the run ----

const [dataKey, modelKey, drawKey] = random.split(random.key(1871), 3)
const scale = 1 / Math.sqrt(HIDDEN)
const weights = (place: number, shape: number[]): Tensor =>
  random.uniform(random.foldIn(modelKey, place), shape, -scale, scale)
let params: Params = {
  embedding: weights(0, [VOCABULARY, EMBEDDING]),
  wx: weights(1, [EMBEDDING, 4 * HIDDEN]),
  wh: weights(2, [HIDDEN, 4 * HIDDEN]),
  b: weights(3, [4 * HIDDEN]),
  wo: weights(4, [HIDDEN, VOCABULARY]),
  bo: weights(5, [VOCABULARY]),
}
let state = optimizer.init(params)

const STEPS = 400
const begun = performance.now()
for (let i = 0; i <= STEPS; i++) {
  const [next, nextState, value] = trainStep(params, state, random.foldIn(dataKey, i))
  params = next
  state = nextState
  if (i % 50 !== 0) continue
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const length = i === STEPS ? 500 : 60
  const text = decode(recite(params, encode("'Twas"), random.bits(drawKey, [length, 2]), 0.4))
  const shown = i === STEPS ? `\n\n'Twas${text}` : JSON.stringify(`'Twas${text}`)
  console.log(`step ${i}  ${seconds} s  loss ${value.item().toFixed(4)} nats a character  ${shown}`)
}
