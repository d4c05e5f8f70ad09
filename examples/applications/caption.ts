// Captions of images: scenes of one or two handwritten digits, and what stands where: "a three above a seven". A
// convolutional network sees the scene, a recurrent one writes the caption and attends to the places that it speaks of.
import {
  add,
  argmax,
  at,
  broadcastTo,
  clip,
  concat,
  equal,
  expandDims,
  jit,
  linspace,
  matmul,
  maximum,
  mul,
  random,
  reshape,
  slice,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  transpose,
  vmap,
  where,
} from 'heddle'
import { greedy } from 'heddle/decode'
import {
  bahdanauAttention,
  bahdanauDecoder,
  chain,
  conv2d,
  crossEntropy,
  dense,
  embedding,
  encoderDecoder,
  gruCell,
  initializers,
  maxPool,
  relu,
} from 'heddle/nn'
import { cropped, digits, placed } from '../harness/digits.ts'
import { round, runTask } from '../harness/task.ts'

const [SIZE, BATCH, TESTED, SEEN] = [48, 32, 1000, 4000]

// ---- captions ----

const NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const WORDS = ['(pad)', '(begin)', '(end)', 'a', 'above', 'left', 'of', ...NAMES]
const [PAD, BEGIN, END] = [0, 1, 2]
const [FIRST, SECOND] = [-1, -2]

/** The kinds of scenes; FIRST and SECOND stand for the names of the digits. */
const forms = (
  [
    ['a', FIRST],
    ['a', FIRST, 'above', 'a', SECOND],
    ['a', FIRST, 'left', 'of', 'a', SECOND],
  ] as const
).map(form => [BEGIN, ...form.map(word => (typeof word === 'number' ? word : WORDS.indexOf(word))), END])
const LENGTH = Math.max(...forms.map(form => form.length))
const FORMS = tensor(
  forms.map(form => [...form, ...new Array<number>(LENGTH - form.length).fill(PAD)]),
  { dtype: 'int32' },
)

const textOf = (ids: number[]): string =>
  ids
    .filter(id => id > END)
    .map(id => WORDS[id])
    .join(' ')
    .replace(/a eight/g, 'an eight')

// ---- scenes ----

interface Scenes {
  scene: Tensor
  caption: Tensor
}

/** A scene [SIZE, SIZE] of digits of a pool, and its caption [LENGTH]; all follows from the key. */
const sceneOf =
  (images: Tensor, labels: Tensor) =>
  (key: Tensor): Scenes => {
    const [kindKey, digitKey, farKey, nearKey, shiftKey] = random.split(key, 5)
    const kind = random.randint(kindKey, [], 0, forms.length)
    const [one, two] = [0, 1].map(i => at(random.randint(digitKey, [2], 0, labels.size), i))
    // Along the way from one to the other each has its half; across, they are no more than a little shifted.
    const [near, far] = [0, 1].map(i => add(at(random.randint(farKey, [2], 0, 7), i), 22 * i))
    const across = random.randint(nearKey, [], 0, SIZE - 19)
    const beside = clip(add(across, random.randint(shiftKey, [], -8, 9)), 0, SIZE - 20)
    const isBeside = equal(kind, 2)
    const draw = (place: Tensor, along: Tensor, other: Tensor): Tensor =>
      placed(take(images, place), SIZE, where(isBeside, other, along), where(isBeside, along, other))
    const second = mul(draw(two, far, beside), where(equal(kind, 0), 0, 1))
    const form = take(FORMS, kind)
    const name = (place: Tensor): Tensor => add(take(labels, place), WORDS.indexOf('zero'))
    const caption = where(equal(form, FIRST), name(one), where(equal(form, SECOND), name(two), form))
    return { scene: maximum(draw(one, near, across), second), caption }
  }

/** `count` scenes of the key. */
async function scenes(part: 'train' | 't10k') {
  const { images, labels } = await digits(part)
  const one = sceneOf(cropped(images), labels)
  return (key: Tensor, count = BATCH): Scenes => vmap(one)(stack(random.split(key, count)))
}

// ---- the network ----

const init = initializers.heNormal
const [GRID, CHANNELS] = [7, 48]

/** The channels of each place [GRID * GRID, CHANNELS + 2], and where it is. */
function places(x: Tensor): Tensor {
  const lines = linspace(-1, 1, GRID)
  const [rows, columns] = [expandDims(lines, 1), lines].map(line => broadcastTo(line, [GRID, GRID]))
  const whole = concat([x, stack([rows, columns])], 0)
  return transpose(reshape(whole, [CHANNELS + 2, GRID * GRID]))
}

const model = encoderDecoder({
  encoder: chain(
    (scene: Tensor) => expandDims(scene, 0),
    conv2d(12, 5, { init }),
    relu,
    maxPool(2),
    conv2d(24, 5, { init }),
    relu,
    maxPool(2),
    conv2d(CHANNELS, 3, { init }),
    relu,
    places,
  ),
  target: embedding(WORDS.length, 16),
  decoder: bahdanauDecoder(gruCell(64), bahdanauAttention(64)),
  head: dense(WORDS.length),
})
type Params = ReturnType<typeof model.init>

const lossOn = (params: Params, { scene, caption }: Scenes): Tensor => {
  const logits = vmap((own: Tensor, words: Tensor) => model.apply(params, own, slice(words, [0], [-1])).logits)
  return crossEntropy(logits(scene, caption), slice(caption, [0, 1]), { ignore: PAD })
}

/** What is said of a scene. */
const describe = (params: Params, scene: Tensor): Tensor => {
  const memory = model.encode(params, scene)
  const begin = tensor([BEGIN], { dtype: 'int32' })
  const start = model.initialCarry(params, memory)
  return greedy(model.step(params, memory), start, begin, { length: LENGTH - 1, end: END })[1]
}

/** The baseline: the caption of the scene among those of `known` whose pixels are nearest. */
function nearest({ scene: known, caption }: Scenes, scene: Tensor): Tensor {
  const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0], SIZE * SIZE])
  const likeness = sub(matmul(rows(scene), transpose(rows(known))), mul(0.5, sum(square(rows(known)), { axis: 1 })))
  return take(caption, argmax(likeness, 1))
}

await runTask({
  name: 'caption',
  about: 'Captions of scenes of handwritten digits',
  steps: 4000,
  async run({ key, train }) {
    const [modelKey, testKey, knownKey] = random.split(key, 3)
    const [learnt, tested] = [await scenes('train'), await scenes('t10k')]
    const params = await train('CNN and GRU with attention', model.init(modelKey, { shape: [SIZE, SIZE] }), {
      loss: (own: Params, stepKey) => lossOn(own, learnt(stepKey)),
      learningRate: 3e-3,
    })
    const { scene, caption } = tested(testKey, TESTED)
    const said = jit(vmap(describe, [null, 0]))(params, scene)
    const texts = (ids: Tensor): string[] => (ids.toArray() as number[][]).map(textOf)
    const wanted = texts(caption)
    const right = (list: string[]): number => (100 * list.filter((text, i) => text === wanted[i]).length) / TESTED
    const written = texts(said)
    for (let i = 0; i < 5; i++) console.log(`  ${written[i]}${written[i] === wanted[i] ? '' : `  (${wanted[i]})`}`)
    const plain = right(texts(nearest(learnt(knownKey, SEEN), scene)))
    const baseline = `${round(plain)} (the caption of the most similar of ${SEEN} scenes)`
    const value = right(written)
    return [{ name: `captions, % right of ${TESTED}`, value, baseline, holds: value > plain + 50 }]
  },
})
