// Names by nationality, letter by letter: a GRU that reads a name in both directions says where it is from, and another one
// that is told a nationality makes up names. Beside both stand the letter bigrams of each nationality.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { allLocales } from '@faker-js/faker'
import { argmax, jit, random, slice, type Tensor, tensor, vmap } from 'heddle'
import { batches, padSequences, textLines } from 'heddle/data'
import { sample } from 'heddle/decode'
import { bidirectional, chain, crossEntropy, dense, embedding, gruCell, recurrent, variationalDropout } from 'heddle/nn'
import { tokenVocabulary } from 'heddle/text'
import { nats, ngrams } from '../harness/counts.ts'
import { deal } from '../harness/deal.ts'
import { runTask } from '../harness/task.ts'

const [LONGEST, BATCH, UNITS] = [16, 64, 128]

/** The languages of the package that have some hundreds of family names in Latin letters. */
const LOCALES = {
  Croatian: 'hr',
  Czech: 'cs_CZ',
  English: 'en',
  German: 'de',
  Indonesian: 'id_ID',
  Italian: 'it',
  Latvian: 'lv',
  Polish: 'pl',
  Romanian: 'ro',
  Spanish: 'es',
  Turkish: 'tr',
  Uzbek: 'uz_UZ_latin',
} as const

/** The names of each nationality: those of the package, or those in the files `Nationality.txt` of a folder. */
function readNames(folder?: string): Record<string, string[]> {
  if (folder === undefined) {
    return Object.fromEntries(
      Object.entries(LOCALES).map(([nationality, locale]) => [
        nationality,
        Object.values(allLocales[locale].person?.last_name ?? {}).flatMap(names => names ?? []),
      ]),
    )
  }
  return Object.fromEntries(
    readdirSync(folder)
      .filter(file => file.endsWith('.txt'))
      .map(file => [basename(file, '.txt'), textLines(readFileSync(join(folder, file), 'utf8'))]),
  )
}

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz']

/** In small letters without accents, which would tell too much. */
const plainLetters = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')

await runTask({
  name: 'names',
  about: 'Names by nationality, told and made up by GRUs beside letter bigrams',
  steps: 1500,
  otherData: 'a folder with a file of names for each nationality, instead of the family names of @faker-js/faker',
  async run({ key, train, data }) {
    const [splitKey, modelKey, makerKey, orderKey, speakKey] = random.split(key, 5)
    const byNationality = Object.entries(readNames(data))
    const nationalities = byNationality.map(([nationality]) => nationality)
    const letters = tokenVocabulary([ALPHABET], { special: ['pad', 'bos', 'eos'] })
    const { pad, bos, eos } = letters.special
    const idsOf = (name: string): number[] => [...letters.encode([...name], { bos: true, eos: true }).data()]
    const pairs = byNationality.flatMap(([, names], nationality) =>
      [...new Set(names.map(plainLetters))]
        .filter(name => name.length > 1 && name.length <= LONGEST)
        .map(name => ({ ids: idsOf(name), nationality })),
    )
    const { tested, learnt } = deal(splitKey, pairs, 0.2)

    const tensorsOf = (some: typeof pairs) => ({
      ...padSequences(
        some.map(({ ids }) => ids),
        { length: LONGEST + 2, value: pad },
      ),
      nationality: tensor(
        some.map(({ nationality }) => nationality),
        { dtype: 'int32' },
      ),
    })
    type Names = ReturnType<typeof tensorsOf>
    const { at } = batches(tensorsOf(learnt), { batch: BATCH, key: orderKey })
    const tests = tensorsOf(tested)

    // ---- where a name is from ----
    const cell = variationalDropout(gruCell(UNITS), { input: 0.2, state: 0.2, output: 0.4 })
    const reader = chain(
      embedding(letters.size, 32),
      bidirectional(cell, { returnSequences: false }),
      dense(nationalities.length),
    )
    type Reader = ReturnType<typeof reader.init>
    const readerParams = await train(
      'GRU that tells',
      reader.init(modelKey, { shape: [LONGEST + 2], dtype: 'int32' }),
      {
        learningRate: 4e-3,
        loss(params, own, step) {
          const { values, lengths, nationality } = at(step)
          const read = (ids: Tensor, length: Tensor, one: Tensor) =>
            reader.apply(params, ids, { length, train: true, key: one })
          return crossEntropy(vmap(read)(values, lengths, random.bits(own, [BATCH, 2])), nationality)
        },
      },
    )
    const tell = jit((params: Reader, { values, lengths }: Names): Tensor => {
      const read = (ids: Tensor, length: Tensor) => reader.apply(params, ids, { length })
      return argmax(vmap(read)(values, lengths), -1)
    })
    const said = [...tell(readerParams, tests).data()]

    // ---- a name from there: what the state starts from is learnt for each nationality ----
    const [origins, table] = [embedding(nationalities.length, UNITS), embedding(letters.size, 32)]
    const [voice, head] = [gruCell(UNITS), dense(letters.size)]
    const speaker = recurrent(voice)
    const [originKey, tableKey, speakerKey, headKey] = random.split(makerKey, 4)
    const start = {
      origins: origins.init(originKey, { shape: [], dtype: 'int32' }),
      table: table.init(tableKey, { shape: [1], dtype: 'int32' }),
      speaker: speaker.init(speakerKey, { shape: [1, 32] }),
      head: head.init(headKey, { shape: [1, UNITS] }),
    }
    type Maker = typeof start
    /** Nats a letter, the end of each name among them. */
    const surprise = (params: Maker, { values, nationality }: Names): Tensor => {
      const read = (ids: Tensor, from: Tensor): Tensor => {
        const carry = origins.apply(params.origins, from)
        const [, ys] = speaker.run(params.speaker, table.apply(params.table, slice(ids, [0], [-1])), { carry })
        return head.apply(params.head, ys)
      }
      return crossEntropy(vmap(read)(values, nationality), slice(values, [0, 1]), { ignore: pad })
    }
    const makerParams = await train('GRU that makes up', start, {
      learningRate: 4e-3,
      loss: (params, _key, step) => surprise(params, at(step)),
    })
    const makeUp = jit((params: Maker, from: Tensor, own: Tensor): Tensor => {
      const step = (carry: Tensor, letter: Tensor) => {
        const [next, y] = voice.apply(params.speaker, carry, table.apply(params.table, letter))
        return [next, head.apply(params.head, y)] as const
      }
      const prompt = tensor([bos], { dtype: 'int32' })
      return sample(step, origins.apply(params.origins, from), prompt, {
        length: LONGEST,
        end: eos,
        key: own,
        temperature: 0.7,
      })[1]
    })
    nationalities.forEach((nationality, i) => {
      const names = random.split(random.foldIn(speakKey, i), 6).map(own => {
        const name = letters.decode(makeUp(makerParams, tensor(i, { dtype: 'int32' }), own)).join('')
        return name.charAt(0).toUpperCase() + name.slice(1)
      })
      console.log(`  ${nationality}: ${names.join(', ')}`)
    })

    // ---- letter bigrams of each nationality ----
    const bigrams = nationalities.map((_, own) => {
      const names = learnt.filter(({ nationality }) => nationality === own).map(({ ids }) => ids)
      return { likelihood: ngrams(names, { order: 2, size: letters.size }), share: names.length / learnt.length }
    })
    const guess = (ids: number[]): number => {
      const surprises = bigrams.map(({ likelihood, share }) => nats([...likelihood(ids), share]))
      return surprises.indexOf(Math.min(...surprises))
    }
    const percentRight = (own: ArrayLike<number>): number =>
      (100 * tested.filter(({ nationality }, i) => nationality === own[i]).length) / tested.length
    const right = { said: percentRight(said), plain: percentRight(tested.map(({ ids }) => guess(ids))) }
    const each = tested.flatMap(({ ids, nationality }) => bigrams[nationality].likelihood(ids))
    const perplexity = {
      made: Math.exp(jit(surprise)(makerParams, tests).item()),
      plain: Math.exp(nats(each) / each.length),
    }
    return [
      {
        name: 'GRU, % of nationalities right',
        value: right.said,
        baseline: `${right.plain.toFixed(2)} (letter bigrams of each nationality)`,
        holds: right.said > right.plain,
      },
      {
        name: 'GRU, perplexity of the letters',
        value: perplexity.made,
        baseline: `${perplexity.plain.toFixed(2)} (letter bigrams of each nationality)`,
        holds: perplexity.made < perplexity.plain,
      },
    ]
  },
})
