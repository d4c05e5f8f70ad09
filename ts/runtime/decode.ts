// The compiled core from the text that assembly/embed.mjs made of it: one character for a common byte, two for another.
import { alphabet, order, singles, text } from './core-wasm.js'

/** The bytes of the core. */
export function coreBytes(): Uint8Array<ArrayBuffer> {
  const { length } = alphabet
  const numbers = new Uint8Array(128)
  for (let i = 0; i < length; i++) numbers[alphabet.charCodeAt(i)] = i
  const values = new Uint8Array(256)
  for (let i = 0; i < 256; i++) values[i] = Number.parseInt(order.slice(i * 2, i * 2 + 2), 16)

  const bytes = new Uint8Array(text.length)
  let size = 0
  for (let at = 0; at < text.length; at++) {
    let rank = numbers[text.charCodeAt(at)]
    if (rank >= singles) rank = singles + (rank - singles) * length + numbers[text.charCodeAt(++at)]
    bytes[size++] = values[rank]
  }
  return bytes.subarray(0, size)
}
