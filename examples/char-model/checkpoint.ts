// What a training leaves on the disk: the weights to use, a checkpoint to go on from, the curve to look at.
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeSafetensors, encodeSafetensors, readFile, writeFileAtomic } from 'heddle/io'
import { type History, lossCurve } from './history.ts'
import type { Left } from './learn.ts'
import type { TrainState } from './model.ts'
import { type Options, SETTLED } from './options.ts'

const WEIGHTS = 'weights.safetensors'
const CHECKPOINT = 'checkpoint.safetensors'
const CURVE = 'loss.svg'

export interface Progress {
  state: TrainState
  step: number
  characters: string
  history: History
}

/** Saves all three, each whole or not at all. Returns their paths. */
export async function save(options: Options, { state, step, characters, history }: Progress): Promise<string[]> {
  const { out, cell, hidden, layers, steps } = options
  const model = { cell, hidden: String(hidden), layers: String(layers), characters }
  const settled = Object.fromEntries(SETTLED.map(name => [name, options[name]]))
  const progress = { ...settled, steps, step, characters, history }
  const files: [string, Uint8Array | string][] = [
    [WEIGHTS, encodeSafetensors(state.params, model)],
    [CURVE, lossCurve(history)],
    [CHECKPOINT, encodeSafetensors(state, { progress: JSON.stringify(progress) })],
  ]
  await mkdir(out, { recursive: true })
  for (const [name, bytes] of files) await writeFileAtomic(join(out, name), bytes)
  return files.map(([name]) => join(out, name))
}

/** Sets aside what another training saved in the folder, so that a new one overwrites nothing. */
export async function setAside(out: string): Promise<void> {
  for (const name of [WEIGHTS, CHECKPOINT, CURVE]) {
    await rename(join(out, name), join(out, `previous-${name}`)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}

/** Where the training in the folder was left, and the options as they were. Throws if one that was given differs. */
export async function resume(
  options: Options,
  given: ReadonlySet<string>,
): Promise<{ options: Options; left: Left; characters: string; history: History }> {
  const path = join(options.out, CHECKPOINT)
  const { tensors, metadata } = await readFile(path)
    .then(decodeSafetensors)
    .catch((error: Error) => {
      throw new Error(`nothing to resume: ${error.message.includes(path) ? '' : `${path}: `}${error.message}`)
    })
  if (metadata.progress === undefined) throw new Error(`nothing to resume: ${path} is not a checkpoint of this program`)
  const { step, steps, characters, history, ...settled } = JSON.parse(metadata.progress)
  for (const name of SETTLED) {
    if (given.has(name) && options[name] !== settled[name]) {
      throw new Error(
        `--${name} ${options[name]} differs from the checkpoint's ${settled[name] ?? 'default'}: ` +
          `leave it out, or start anew without --resume`,
      )
    }
  }
  const merged = { ...options, ...settled, steps: given.has('steps') ? options.steps : steps }
  return { options: merged, left: { tensors, step }, characters, history }
}
