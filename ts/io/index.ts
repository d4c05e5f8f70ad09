// heddle/io: tensors as bytes, and bytes on disk.
export { readFile, writeFileAtomic } from './file.js'
export { type LoadOptions, loadInto } from './load.js'
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors.js'
export { namedTensors, restoreTree } from './tree.js'
