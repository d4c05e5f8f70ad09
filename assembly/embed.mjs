// Writes the compiled core as a JavaScript module, so that importing heddle is importing one file:
// nothing to fetch, nothing for a bundler to locate. pack.mjs says how the bytes become text, unpack.ts how they return.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pack } from './pack.mjs'

const read = name => readFileSync(new URL(`../build/${name}.wasm`, import.meta.url))
const bytes = read('heddle')
const unpacker = read('unpack')
const text = pack(bytes)
const target = new URL('../build/ts/runtime/core-wasm.js', import.meta.url)
mkdirSync(new URL('.', target), { recursive: true })
writeFileSync(
  target,
  `export const size = ${bytes.length}
export const text = '${text}'
export const unpacker = '${unpacker.toString('base64')}'
`,
)
console.log(`core: ${bytes.length} bytes, packed ${Math.ceil((text.length * 6) / 8)} + ${unpacker.length}`)
