// The compiled core from the text that assembly/embed.mjs made of it: one character for a common byte, two for another.
import { alphabet, common, text } from './core-wasm.js'

/** The bytes of the core. */
export function coreBytes(): Uint8Array<ArrayBuffer> {
  const { length } = alphabet
  const numbers = new Uint8Array(128)
  for (let i = 0; i < length; i++) numbers[alphabet.charCodeAt(i)] = i
  const singles = common.length / 2
  const values: number[] = []
  for (let i = 0; i < singles; i++) values.push(Number.parseInt(common.slice(i * 2, i * 2 + 2), 16))
  const isCommon = new Set(values)
  for (let byte = 0; byte < 256; byte++) if (!isCommon.has(byte)) values.push(byte)

  // One number a character, then the bytes over them: there are never more bytes than characters.
  const bytes = new TextEncoder().encode(text)
  const count = bytes.length
  let size = 0
  for (let at = 0; at < count; at++) {
    let rank = numbers[bytes[at]]
    if (rank >= singles) rank += (rank - singles) * (length - 1) + numbers[bytes[++at]]
    bytes[size++] = values[rank]
  }
  return bytes.subarray(0, size)
}
