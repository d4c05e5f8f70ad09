// Writes the compiled core as a JavaScript module, so that importing heddle is importing one file:
// nothing to fetch, nothing for a bundler to locate.
//
// The bytes become text of printable ASCII: the commonest byte values are one character, the others two. The core's code
// uses few values, so this is 1.03 characters a byte where base64 takes 1.33, and as it keeps bytes apart gzip finds in
// it what it finds in the bytes themselves (18.1 KB of 63.4; 25.6 KB through base64). ts/runtime/decode.ts reads it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

// No quotes, backslash, `$` or `<`: nothing that a minifier or a page would have to escape.
const alphabet = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .filter(character => !`'"\`\\$<`.includes(character))
  .join('')
const PREFIXES = 2
const singles = alphabet.length - PREFIXES

const bytes = readFileSync(new URL('../build/heddle.wasm', import.meta.url))
const counts = new Array(256).fill(0)
for (const byte of bytes) counts[byte]++
const byCount = counts.map((_, byte) => byte).sort((a, b) => counts[b] - counts[a] || a - b)
const common = byCount.slice(0, singles)
const rare = byCount.slice(singles).sort((a, b) => a - b)

const codes = []
common.concat(rare).forEach((byte, rank) => {
  const rest = rank - singles
  codes[byte] =
    rest < 0
      ? alphabet[rank]
      : alphabet[singles + Math.floor(rest / alphabet.length)] + alphabet[rest % alphabet.length]
})

const target = new URL('../build/ts/runtime/core-wasm.js', import.meta.url)
const text = Array.from(bytes, byte => codes[byte]).join('')
mkdirSync(new URL('.', target), { recursive: true })
writeFileSync(
  target,
  `export const alphabet = '${alphabet}'
export const common = '${Buffer.from(common).toString('hex')}'
export const text = '${text}'
`,
)
console.log(`core: ${bytes.length} bytes, ${text.length} characters`)
