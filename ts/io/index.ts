/**
 * Tensors as bytes (safetensors), and bytes on disk.
 * @module heddle/io
 * @example
 * import { ones } from 'heddle'
 * import { decodeSafetensors, encodeSafetensors, readFile, writeFileAtomic } from 'heddle/io'
 * await writeFileAtomic('model.safetensors', encodeSafetensors({ w: ones([2, 2]) }))
 * decodeSafetensors(await readFile('model.safetensors')).tensors.w // [[1, 1], [1, 1]]
 */
export { type FileUrl, readFile, writeFileAtomic } from './file.js'
export { type LoadOptions, loadInto } from './load.js'
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors.js'
export { namedTensors, restoreTree } from './tree.js'
