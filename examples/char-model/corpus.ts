// A text as ids: nine tenths to learn, one to test on.
import type { Tensor } from 'heddle'
import { bigramLoss, characterVocabulary, type Stream, streamWindows, type Vocabulary } from 'heddle/text'

export interface Corpus {
  vocabulary: Vocabulary
  training: Stream
  validation: Stream
  /** Lanes of the validation stream. */
  validationBatch: number
  /** The loss of guessing each character from the one before it. */
  bigram: number
}

const VALIDATION_LANES = 64

/** Throws, and says what is wrong, where the text is too short or too plain to learn from. */
export function makeCorpus(text: string, { batch, length }: { batch: number; length: number }): Corpus {
  if (text.length === 0) throw new Error('the text is empty: there is nothing to learn')
  const vocabulary = characterVocabulary(text)
  if (vocabulary.size === 1) {
    throw new Error(`the text has one kind of character, ${JSON.stringify(text[0])}: there is nothing to learn`)
  }
  const characters = [...text]
  const cut = Math.floor(characters.length * 0.9)
  const [train, held] = [characters.slice(0, cut), characters.slice(cut)].map(part => vocabulary.encode(part.join('')))
  if (train.size <= batch * length || held.size <= length) {
    throw new Error(
      `the text is too short: it has ${characters.length} characters, of which nine tenths must fill a window of ` +
        `${batch} x ${length} and one tenth must be longer than ${length}; a smaller --batch or --length may do`,
    )
  }
  const validationBatch = Math.min(VALIDATION_LANES, Math.floor((held.size - 1) / length))
  return {
    vocabulary,
    training: streamWindows(train, { batch, length }),
    validation: streamWindows(held, { batch: validationBatch, length }),
    validationBatch,
    bigram: bigramLoss(train, held, vocabulary.size).item(),
  }
}

/** How many numbers a tree of tensors holds. */
export const sizeOf = (leaves: readonly Tensor[]): number => leaves.reduce((sum, leaf) => sum + leaf.size, 0)
