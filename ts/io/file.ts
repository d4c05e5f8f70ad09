// Files in Node, Deno and Bun. Their module is asked for when a function runs, by a name that no bundler sees, so that
// pages, which have no files, neither load nor stumble over it.
import { describe } from '../core/tensor.js'
import { located, typeError, userSource } from '../errors.js'

/** A `file:` URL (the platform's type is not there in every program). */
export interface FileUrl {
  readonly href: string
}

/** What is used of `node:fs/promises`; tests hand in one that fails. */
export interface FileSystem {
  open(path: string, flags: string): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options: { force: boolean }): Promise<void>
  readFile(path: string): Promise<Uint8Array>
}

interface Folders {
  mkdir(path: string, options: { recursive: boolean }): Promise<unknown>
  readdir(path: string): Promise<string[]>
}

interface OpenFile {
  writeFile(bytes: Uint8Array): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

const loadFileSystem = async (name = 'fs/promises'): Promise<FileSystem & Folders> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ `node:${name}`).catch(() => {
    throw new Error('there are no files here: offer the bytes as a download instead')
  })

const folderOf = (path: string): string => path.replace(/[^/\\]*$/, '') || '.'

/** The disk may lose what a folder says of a file until the folder, too, is flushed; some systems cannot do that. */
async function syncFolder({ open }: FileSystem, path: string): Promise<void> {
  const folder = await open(folderOf(path), 'r').catch(() => null)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

/**
 * Makes the folder of a file that is to be written again and again, and takes away what a writer that was killed left
 * beside it. Throws with the path and the reason.
 */
export async function prepareFile(path: string): Promise<void> {
  const { mkdir, readdir, rm } = await loadFileSystem()
  const folder = folderOf(path)
  const name = path.slice(folder === '.' ? 0 : folder.length)
  try {
    await mkdir(folder, { recursive: true })
    for (const other of await readdir(folder)) {
      const isLeft = other.startsWith(`${name}.`) && /^[0-9a-f]{8}\.tmp$/.test(other.slice(name.length + 1))
      if (isLeft) await rm(`${folder === '.' ? '' : folder}${other}`, { force: true })
    }
  } catch (error) {
    throw new Error(`${path} cannot be written: ${reason(error)}`, { cause: error })
  }
}

/**
 * Writes a file all or not at all: beside it under another name, flushed to the disk, then renamed over it. Whatever
 * goes wrong, what stood there before is untouched. Throws with the path and the reason.
 * @example
 * await writeFileAtomic('model.safetensors', encodeSafetensors({ w: ones([2, 3]) }))
 * await writeFileAtomic('loss.svg', curves([{ name: 'loss', ys: [3, 2, 1.5] }]))
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string, files?: FileSystem): Promise<void> {
  checkPath('writeFileAtomic', path)
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
    throw typeError(`writeFileAtomic: what is written is a Uint8Array or a text, not ${describe(data)}`)
  }
  const source = userSource()
  const system = files ?? (await loadFileSystem())
  const { open, rename, rm } = system
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(system, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    const message = `${path} was not saved: ${reason(error)}; what stood there before is untouched`
    throw new Error(located(message, source), { cause: error })
  }
}

/**
 * The bytes of a file, named by its path or a `file:` URL. Throws with the path and the reason.
 * @example
 * await writeFileAtomic('notes.txt', 'to be')
 * new TextDecoder().decode(await readFile('notes.txt')) // 'to be'
 */
export async function readFile(path: string | FileUrl, files?: FileSystem): Promise<Uint8Array> {
  if (!isUrl(path)) checkPath('readFile', path)
  const source = userSource()
  const { readFile: read } = files ?? (await loadFileSystem())
  try {
    return new Uint8Array(await read(path as string))
  } catch (error) {
    throw new Error(located(`${path} cannot be read: ${reason(error)}`, source), { cause: error })
  }
}

const isUrl = (path: unknown): boolean => typeof (path as FileUrl | undefined)?.href === 'string'

/** Throws unless a file is named. */
function checkPath(operation: string, path: unknown): void {
  if (typeof path === 'string' && path !== '') return
  throw typeError(`${operation}: the path of a file comes first, not ${path === '' ? 'an empty text' : describe(path)}`)
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file is larger than it may be',
  EROFS: 'the disk is read-only',
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return REASONS[code ?? ''] ?? message ?? String(error)
}
