// Names by nationality, letter by letter: a GRU that reads a name in both directions says where it is from, and another one
// that is told a nationality makes up names. Beside both stand the letter bigrams of each nationality.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { allLocales } from '@faker-js/faker'
import { argmax, jit, random, slice, type Tensor, tensor, vmap } from 'heddle'
import { batches, padSequences, textLines } from 'heddle/data'
import { sample } from 'heddle/decode'
import { bidirectional, chain, crossEntropy, dense, embedding, gruCell, recurrent, variationalDropout } from 'heddle/nn'
import { tokenVocabulary } from 'heddle/text'
import { nats, ngrams } from '../harness/counts.ts'
import { deal } from '../harness/deal.ts'
import { filesOf, runTask } from '../harness/task.ts'

const [LONGEST, BATCH, SIZE, UNITS] = [16, 64, 32, 128]

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
    filesOf(folder, '.txt').map(file => [basename(file, '.txt'), textLines(readFileSync(file, 'utf8'))]),
  )
}

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz']

/** In small letters without accents, which would tell too much. */
const plainLetters = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')

const letters = tokenVocabulary([ALPHABET], { special: ['pad', 'bos', 'eos'] })
const { pad, bos, eos } = letters.special

/** The ids of a name's letters, with `<bos>` before and `<eos>` behind, and the number of its nationality. */
interface Name {
  ids: number[]
  nationality: number
}

const namesOf = (nationality: number, names: string[]): Name[] =>
  [...new Set(names.map(plainLetters))]
    .filter(({ length }) => length > 1 && length <= LONGEST)
    .map(name => ({ ids: [...letters.encode([...name], { bos: true, eos: true }).data()], nationality }))

/** ids [N, T], lengths [N], nationalities [N]. */
function tensorsOf(names: Name[]) {
  const ids = names.map(name => name.ids)
  const numbers = names.map(name => name.nationality)
  const { values, lengths } = padSequences(ids, { length: LONGEST + 2, value: pad })
  return { values, lengths, nationality: tensor(numbers, { dtype: 'int32' }) }
}
type Names = ReturnType<typeof tensorsOf>

/** Logits of where a name is from. */
const teller = (nationalities: number) =>
  chain(
    embedding(letters.size, SIZE),
    bidirectional(variationalDropout(gruCell(UNITS), { input: 0.2, state: 0.2, output: 0.4 }), {
      returnSequences: false,
    }),
    dense(nationalities),
  )

/** Makes up names, letter by letter: what the state starts from is learnt for each nationality. */
function maker(nationalities: number) {
  const [origins, table] = [embedding(nationalities, UNITS), embedding(letters.size, SIZE)]
  const [cell, head] = [gruCell(UNITS), dense(letters.size)]
  const reader = recurrent(cell)

  function init(key: Tensor) {
    const [originKey, tableKey, readerKey, headKey] = random.split(key, 4)
    return {
      origins: origins.init(originKey, { shape: [], dtype: 'int32' }),
      table: table.init(tableKey, { shape: [1], dtype: 'int32' }),
      reader: reader.init(readerKey, { shape: [1, SIZE] }),
      head: head.init(headKey, { shape: [1, UNITS] }),
    }
  }
  type Params = ReturnType<typeof init>

  /** Nats a letter, the end of each name among them. */
  function surprise(params: Params, { values, nationality }: Names): Tensor {
    const read = (ids: Tensor, from: Tensor): Tensor => {
      const carry = origins.apply(params.origins, from)
      const [, ys] = reader.run(params.reader, table.apply(params.table, slice(ids, [0], [-1])), { carry })
      return head.apply(params.head, ys)
    }
    return crossEntropy(vmap(read)(values, nationality), slice(values, [0, 1]), { ignore: pad })
  }

  /** The ids of a name, from the number of a nationality. */
  function makeUp(params: Params, from: Tensor, key: Tensor): Tensor {
    const step = (carry: Tensor, letter: Tensor) => {
      const [next, y] = cell.apply(params.reader, carry, table.apply(params.table, letter))
      return [next, head.apply(params.head, y)] as const
    }
    const begin = tensor([bos], { dtype: 'int32' })
    const options = { length: LONGEST, end: eos, key, temperature: 0.7 }
    return sample(step, origins.apply(params.origins, from), begin, options)[1]
  }
  return { init, surprise, makeUp }
}

/** How likely each letter of a name is, by the pairs of letters of each nationality, and which one that speaks for. */
function letterBigrams(learnt: Name[], nationalities: number) {
  const each = Array.from({ length: nationalities }, (_, own) => {
    const names = learnt.filter(({ nationality }) => nationality === own).map(({ ids }) => ids)
    return { likelihood: ngrams(names, { order: 2, size: letters.size }), share: names.length / learnt.length }
  })
  return {
    likelihood: ({ ids, nationality }: Name): number[] => each[nationality].likelihood(ids),
    guess(ids: number[]): number {
      const surprises = each.map(({ likelihood, share }) => nats([...likelihood(ids), share]))
      return surprises.indexOf(Math.min(...surprises))
    },
  }
}

await runTask({
  name: 'names',
  about: 'Names by nationality, told and made up by GRUs beside letter bigrams',
  steps: 1500,
  otherData: 'a folder with a file of names for each nationality, instead of the family names of @faker-js/faker',
  async run({ key, train, data }) {
    const [splitKey, tellerKey, makerKey, orderKey, speakKey] = random.split(key, 5)
    const byNationality = Object.entries(readNames(data))
    const count = byNationality.length
    const { tested, learnt } = deal(
      splitKey,
      byNationality.flatMap(([, names], i) => namesOf(i, names)),
      0.2,
    )
    const tests = tensorsOf(tested)
    const { at } = batches(tensorsOf(learnt), { batch: BATCH, key: orderKey })

    const tells = teller(count)
    const told = await train('GRU that tells', tells.init(tellerKey, { shape: [LONGEST + 2], dtype: 'int32' }), {
      learningRate: 4e-3,
      loss(params, own, step) {
        const { values, lengths, nationality } = at(step)
        const read = (ids: Tensor, length: Tensor, one: Tensor) =>
          tells.apply(params, ids, { length, train: true, key: one })
        return crossEntropy(vmap(read)(values, lengths, random.bits(own, [BATCH, 2])), nationality)
      },
    })
    const tell = jit((params: typeof told, { values, lengths }: Names): Tensor => {
      const read = (ids: Tensor, length: Tensor) => tells.apply(params, ids, { length })
      return argmax(vmap(read)(values, lengths), -1)
    })

    const { init, surprise, makeUp } = maker(count)
    const made = await train('GRU that makes up', init(makerKey), {
      learningRate: 4e-3,
      loss: (params, _key, step) => surprise(params, at(step)),
    })
    const draw = jit(makeUp)
    byNationality.forEach(([nationality], i) => {
      const names = random.split(random.foldIn(speakKey, i), 6).map(own => {
        const name = letters.decode(draw(made, tensor(i, { dtype: 'int32' }), own)).join('')
        return name.charAt(0).toUpperCase() + name.slice(1)
      })
      console.log(`  ${nationality}: ${names.join(', ')}`)
    })

    const bigrams = letterBigrams(learnt, count)
    const percentRight = (own: ArrayLike<number>): number =>
      (100 * tested.filter(({ nationality }, i) => nationality === own[i]).length) / tested.length
    const right = percentRight(tell(told, tests).data())
    const rightBeside = percentRight(tested.map(({ ids }) => bigrams.guess(ids)))
    const perplexity = Math.exp(jit(surprise)(made, tests).item())
    const each = tested.flatMap(bigrams.likelihood)
    const perplexityBeside = Math.exp(nats(each) / each.length)
    const what = '(letter bigrams of each nationality)'
    return [
      {
        name: 'GRU, % of nationalities right',
        value: right,
        baseline: `${rightBeside.toFixed(2)} ${what}`,
        holds: right > rightBeside,
      },
      {
        name: 'GRU, perplexity of the letters',
        value: perplexity,
        baseline: `${perplexityBeside.toFixed(2)} ${what}`,
        holds: perplexity < perplexityBeside,
      },
    ]
  },
})
