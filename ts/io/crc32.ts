// The cyclic redundancy check of zip and PNG (ISO 3309), so that a weights file that was altered is known as such.

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** The CRC-32 of bytes, one part after the other, as eight hexadecimal digits. */
export function crc32(...parts: Uint8Array[]): string {
  let crc = 0xffffffff
  for (const bytes of parts) for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8)
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0')
}
