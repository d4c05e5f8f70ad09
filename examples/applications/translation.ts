// English to French: an encoder reads the English words in both directions, a decoder writes the French ones and attends to
// what it translates (Bahdanau et al. 2015). The sentences of the test are in no pair that is learnt; all their French
// versions count as right. `--out` is a drawing of where the decoder looked.
import { readFileSync } from 'node:fs'
import { arange, at, cast, equal, jit, notEqual, random, slice, sum, type Tensor, tensor, vmap, where } from 'heddle'
import { batches, padSequences, splitExamples } from 'heddle/data'
import { beam } from 'heddle/decode'
import { writeFileAtomic } from 'heddle/io'
import {
  bahdanauAttention,
  bahdanauDecoder,
  bidirectional,
  chain,
  crossEntropy,
  dense,
  dropout,
  embedding,
  encoderDecoder,
  gruCell,
  variationalDropout,
} from 'heddle/nn'
import { heatMap } from 'heddle/plot'
import { bleu, tokenVocabulary } from 'heddle/text'
import { runTask } from '../harness/task.ts'

const [EMBEDDED, UNITS, BATCH, WIDTH, DROPPED, SMOOTHING, LONGEST] = [96, 128, 64, 5, 0.5, 0.1, 10]

/** Words and signs, in small letters; what an apostrophe cuts off is a word by itself: `j'` `ai`. */
const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{M}-]+['’]?|\p{N}+|[^\s\p{L}\p{N}]/gu) ?? []

interface Pair {
  english: string[]
  french: string[]
}

/** Pairs of sentences, a tab between them, by their English side. */
function readPairs(path: string): Pair[][] {
  const groups = new Map<string, Pair[]>()
  for (const [i, line] of readFileSync(path, 'utf8').trim().split('\n').entries()) {
    const [english, french] = line.split('\t').map(words)
    if (french === undefined) throw new Error(`${path}: there is no tab in line ${i + 1}`)
    if (Math.max(english.length, french.length) > LONGEST) continue
    const key = english.join(' ')
    groups.set(key, [...(groups.get(key) ?? []), { english, french }])
  }
  return [...groups.values()]
}

// ---- the plain baseline: each word by itself ----

/** The likeliest French word for each English one, after ten rounds of IBM's first model (Brown et al. 1993). */
function wordForWord(pairs: readonly Pair[]): (english: string[]) => string[] {
  let table = new Map<string, Map<string, number>>()
  for (let round = 0; round < 10; round++) {
    const counts = new Map<string, Map<string, number>>()
    for (const { english, french } of pairs) {
      for (const word of french) {
        const shares = english.map(from => (round === 0 ? 1 : table.get(from)!.get(word)!))
        const total = shares.reduce((a, b) => a + b)
        english.forEach((from, i) => {
          const own = counts.get(from) ?? new Map<string, number>()
          counts.set(from, own.set(word, (own.get(word) ?? 0) + shares[i] / total))
        })
      }
    }
    for (const own of counts.values()) {
      const total = [...own.values()].reduce((a, b) => a + b)
      for (const [word, count] of own) own.set(word, count / total)
    }
    table = counts
  }
  const best = new Map([...table].map(([from, own]) => [from, [...own].reduce((a, b) => (b[1] > a[1] ? b : a))[0]]))
  return english => english.map(word => best.get(word) ?? word)
}

// ---- the model ----

const modelFor = (english: number, french: number) =>
  encoderDecoder({
    source: chain(embedding(english, EMBEDDED), dropout(DROPPED)),
    encoder: bidirectional(variationalDropout(gruCell(UNITS / 2), { state: 0.2 })),
    target: chain(embedding(french, EMBEDDED), dropout(DROPPED)),
    decoder: bahdanauDecoder(gruCell(UNITS), bahdanauAttention(UNITS)),
    head: chain(dropout(DROPPED), dense(french)),
  })

await runTask({
  name: 'translation',
  about: 'English to French, with attention',
  steps: 1800,
  data: 'pairs of sentences, English, a tab and French in each line, as manythings.org/anki has them',
  out: 'translation.svg',
  async run({ key, train, data, out }) {
    const [dealKey, modelKey, orderKey] = random.split(key, 3)
    const groups = readPairs(data!)
    const parts = splitExamples(arange(groups.length), { train: 0.8, valid: 0.1, test: 0.1 }, { key: dealKey })
    const groupsOf = (part: keyof typeof parts) => Array.from(parts[part].data(), i => groups[i])
    const [learnt, validation, tested] = [groupsOf('train').flat(), groupsOf('valid').flat(), groupsOf('test')]

    const special = ['pad', 'unk', 'bos', 'eos'] as const
    const english = tokenVocabulary(
      learnt.map(pair => pair.english),
      { special, minFrequency: 2 },
    )
    const french = tokenVocabulary(
      learnt.map(pair => pair.french),
      { special, minFrequency: 2 },
    )
    const { pad, unk, bos, eos } = french.special
    const longest = (side: 'english' | 'french') => Math.max(...groups.flat().map(pair => pair[side].length)) + 1
    const [sourceLength, targetLength] = [longest('english'), longest('french')]
    const sources = (list: readonly string[][]) =>
      padSequences(
        list.map(own => english.encode(own, { eos: true })),
        { length: sourceLength },
      ).values
    const tensors = (pairs: readonly Pair[]) => ({
      source: sources(pairs.map(pair => pair.english)),
      target: padSequences(
        pairs.map(pair => french.encode(pair.french, { bos: true, eos: true })),
        {
          length: targetLength + 1,
        },
      ).values,
    })

    const model = modelFor(english.size, french.size)
    type Params = ReturnType<typeof model.init>
    const lengthOf = (source: Tensor): Tensor => sum(cast(notEqual(source, pad), 'int32'))
    /** The loss over pairs; with a key as in training. */
    const loss = (params: Params, { source, target }: ReturnType<typeof tensors>, own?: Tensor): Tensor => {
      const given = slice(target, [0, 0], [target.shape[0], -1])
      const keys = random.bits(own ?? key, [source.shape[0], 2])
      const one = (xs: Tensor, ys: Tensor, each: Tensor) =>
        model.apply(params, xs, ys, { length: lengthOf(xs), train: own !== undefined, key: each }).logits
      // What is unknown is never to be said.
      const wanted = where(equal(target, unk), pad, target)
      return crossEntropy(vmap(one)(source, given, keys), slice(wanted, [0, 1]), { ignore: pad, smoothing: SMOOTHING })
    }

    const { at: batchAt } = batches(tensors(learnt), { batch: BATCH, key: orderKey })
    const held = tensors(validation)
    const heldLoss = jit((params: Params) => loss(params, held))
    const params = await train('GRU with attention', model.init(modelKey, { shape: [sourceLength], dtype: 'int32' }), {
      loss: (p, own, step) => loss(p, batchAt(step), own),
      learningRate: 3e-3,
      validate: heldLoss,
      every: 100,
    })

    const begin = tensor([bos], { dtype: 'int32' })
    const translate = (p: Params, source: Tensor): Tensor => {
      const memory = model.encode(p, source, { length: lengthOf(source) })
      const options = { length: targetLength, end: eos, width: WIDTH, results: 1, lengthPenalty: 0.6 }
      return at(beam(model.step(p, memory), model.initialCarry(p, memory), begin, options).tokens, 0)
    }
    const asked = tested.map(([pair]) => pair.english)
    const answers = jit(vmap(translate, [null, 0]))(params, sources(asked)).toArray() as number[][]
    const said = answers.map(ids => french.decode(ids))
    const references = tested.map(group => group.map(pair => pair.french))
    const value = 100 * bleu(said, references).score
    const plain = wordForWord(learnt)
    const single = 100 * bleu(asked.map(plain), references).score
    for (const [i, own] of asked.slice(0, 8).entries()) console.log(`  ${own.join(' ')}  ->  ${said[i].join(' ')}`)

    // The longest sentence that is right, and where the decoder looked for each of its words.
    const isRight = (i: number) => references[i].some(own => own.join(' ') === said[i].join(' '))
    const right = [...asked.keys()].filter(isRight)
    const shown = right.reduce((a, b) => (said[b].length > said[a].length ? b : a), right[0] ?? 0)
    const given = french.encode(said[shown], { bos: true })
    const weights = model
      .apply(params, english.encode(asked[shown], { eos: true }), given)
      .weights.toArray() as number[][]
    const labels = { rowLabels: [...said[shown], 'end'], columnLabels: [...asked[shown], 'end'] }
    await writeFileAtomic(out, heatMap(weights, { title: 'Attention', xLabel: 'English', yLabel: 'French', ...labels }))
    console.log(`drawn: ${out}`)
    return [
      { name: 'BLEU', value, baseline: `${single.toFixed(2)} (word for word, IBM model 1)`, holds: value > single },
    ]
  },
})
