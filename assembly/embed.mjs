// Writes the compiled core and the extension as JavaScript modules, so that importing heddle is importing one file:
// nothing to fetch, nothing for a bundler to locate. pack.mjs says how the bytes become text, unpack.ts how they return.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pack } from './pack.mjs'

const read = name => readFileSync(new URL(`../build/${name}.wasm`, import.meta.url))

/** Writes build/ts/runtime/NAME-wasm.js from build/FILE.wasm. */
function embed(name, file, more = '') {
  const bytes = read(file)
  const text = pack(bytes)
  // From OUTPUT to TEXT, and from there to the end, in unpack.ts.
  if (bytes.length > 0x70000 || text.length > 0x80000) throw new Error(`${name} does not fit the memory of unpack.ts`)
  const target = new URL(`../build/ts/runtime/${name}-wasm.js`, import.meta.url)
  mkdirSync(new URL('.', target), { recursive: true })
  writeFileSync(target, `export const size = ${bytes.length}\nexport const text = '${text}'\n${more}`)
  console.log(`${name}: ${bytes.length} bytes, packed ${Math.ceil((text.length * 6) / 8)}`)
}

const unpacker = read('unpack')
embed('core', 'heddle', `export const unpacker = '${unpacker.toString('base64')}'\n`)
embed('extension', 'extension')
console.log(`unpacker: ${unpacker.length} bytes`)
