// A training on the disk: its state, that of the best validation, and what it remembers, in one safetensors file that is
// replaced as a whole.
import { prepareFile, readFile, writeFileAtomic } from '../io/file.js'
import { decodeSafetensors, encodeSafetensors } from '../io/safetensors.js'
import { restoreTree } from '../io/tree.js'
import type { Progress } from './history.js'

/** Where a checkpoint lies: a file, or what a page has in its place. `save` replaces the last one whole, or not at all. */
export interface CheckpointStore {
  /** Its name, for messages. */
  readonly name: string
  /** The bytes that were saved last; null where there are none. */
  load(): Promise<Uint8Array | null>
  /** Keeps these bytes in the place of the last ones. */
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

/** What is the same in one training and its continuation. */
export type Settings = Readonly<Record<string, string | number | boolean | null>>

/**
 * A file as the store of a checkpoint: its folder is made if there is none, and what a killed process left beside it is
 * taken away.
 * @example
 * import { fileStore } from 'heddle/train'
 * const checkpoint = fileStore('out/checkpoint.safetensors')
 */
export const fileStore = (path: string): CheckpointStore => ({
  name: path,
  async load() {
    await prepareFile(path)
    return readFile(path).catch(error => {
      if (error.cause?.code === 'ENOENT') return null
      throw error
    })
  },
  save: bytes => writeFileAtomic(path, bytes),
})

interface Taken<S> {
  state: S
  bestState: S | null
  progress: Progress
}

interface Checkpoint<S> {
  /** What was saved; undefined where nothing was. */
  taken: Taken<S> | undefined
  save(now: Taken<S>): Promise<void>
}

const PROGRESS = 'progress'
const SETTINGS = 'settings'

/** The checkpoint in a store. Throws if it is broken, of another state or of other settings, and says which. */
export async function openCheckpoint<S>(
  store: CheckpointStore,
  like: S,
  settings: Settings = {},
): Promise<Checkpoint<S>> {
  const bytes = await store.load()
  return {
    taken: bytes === null ? undefined : decode(store.name, bytes, like, settings),
    save({ state, bestState, progress }) {
      const metadata = { [PROGRESS]: JSON.stringify(progress), [SETTINGS]: JSON.stringify(settings) }
      return store.save(encodeSafetensors({ state, best: bestState }, metadata))
    },
  }
}

function decode<S>(name: string, bytes: Uint8Array, like: S, settings: Settings): Taken<S> {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes)
    if (metadata[PROGRESS] === undefined) throw new Error('it is no checkpoint of fit')
    checkSettings(JSON.parse(metadata[SETTINGS]), settings)
    const progress: Progress = JSON.parse(metadata[PROGRESS])
    const hasBest = progress.best !== null
    const restored = restoreTree({ state: like, best: hasBest ? like : null }, tensors)
    return { state: restored.state, bestState: restored.best, progress }
  } catch (error) {
    throw new Error(`fit: ${name} cannot be taken up: ${(error as Error).message}`, { cause: error })
  }
}

function checkSettings(before: Settings, now: Settings): void {
  const show = (value: Settings[string] | undefined) => (value === undefined ? 'not there' : JSON.stringify(value))
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(name => before[name] !== now[name])
  if (changed.length === 0) return
  const list = changed.map(name => `${name} was ${show(before[name])}, now ${show(now[name])}`)
  throw new Error(`its settings differ: ${list.join('; ')}`)
}
