// Writes the compiled core as a JavaScript module, so that importing heddle is importing one file:
// nothing to fetch, nothing for a bundler to locate.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const bytes = readFileSync(new URL('../build/heddle.wasm', import.meta.url))
const target = new URL('../build/ts/runtime/core-wasm.js', import.meta.url)
mkdirSync(new URL('.', target), { recursive: true })
writeFileSync(target, `export const base64 = '${bytes.toString('base64')}'\n`)
console.log(`core: ${bytes.length} bytes`)
