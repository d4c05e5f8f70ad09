import { mkdtemp, open, readFile as readBytes, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { FileSystem } from '../../ts/io/file.js'
import { readFile, writeFileAtomic } from '../../ts/io/index.js'

const folder = await mkdtemp(join(tmpdir(), 'heddle-'))
const path = join(folder, 'weights')

/** The message of what a promise throws. */
const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => assert.unreachable('nothing was thrown') as never,
    (error: Error) => error.message,
  )

test('a file is written, replaced and read, and nothing else is left', async () => {
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3))
  await writeFileAtomic(path, 'new')
  assert.is(new TextDecoder().decode(await readFile(path)), 'new')
  assert.is(new TextDecoder().decode(await readFile(pathToFileURL(path))), 'new')
  assert.equal(await readdir(folder), ['weights'])
})

test('on a full disk what was saved before stays, and the message says so', async () => {
  await writeFileAtomic(path, 'saved before')
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const failing = (at: 'writeFile' | 'sync' | 'rename'): FileSystem => ({
    async open(name, flags) {
      const file = await open(name, flags)
      const write = async (bytes: Uint8Array) => {
        if (at !== 'writeFile') return file.writeFile(bytes)
        await file.writeFile(bytes.subarray(0, 2))
        throw full
      }
      const sync = () => (at === 'sync' ? Promise.reject(full) : file.sync())
      return { writeFile: write, sync, close: () => file.close() }
    },
    rename: (from, to) => (at === 'rename' ? Promise.reject(full) : rename(from, to)),
    rm,
    readFile: readBytes,
  })
  for (const at of ['writeFile', 'sync', 'rename'] as const) {
    const message = await refusal(writeFileAtomic(path, 'longer than before', failing(at)))
    assert.match(message, /weights was not saved: no space is left on the disk; what stood there before is untouched/)
    assert.is(new TextDecoder().decode(await readFile(path)), 'saved before')
    assert.equal(await readdir(folder), ['weights'])
  }
})

test('a folder or a file that is not there is named', async () => {
  assert.match(await refusal(writeFileAtomic(join(folder, 'none', 'x'), '')), /none.x was not saved: there is no such/)
  assert.match(await refusal(readFile(join(folder, 'none'))), /none cannot be read: there is no such file or folder/)
  assert.match(await refusal(readFile(folder)), /cannot be read: it is a folder/)
})

test.after(() => rm(folder, { recursive: true }))

test('what names no file, and what cannot be written, is refused with the line of the call', async () => {
  const write = writeFileAtomic as (...given: unknown[]) => Promise<void>
  const read = readFile as (path?: unknown) => Promise<Uint8Array>
  const line = /\(.*file\.node\.test\.\w+:\d+:\d+\)$/
  const cases: [() => Promise<unknown>, RegExp][] = [
    [() => write(Uint8Array.of(1, 2), 'x'), /^writeFileAtomic: the path of a file comes first, not an? Uint8Array \(/],
    [
      () => write(join(folder, 'x'), { w: 1 }),
      /^writeFileAtomic: what is written is a Uint8Array or a text, not an object \(/,
    ],
    [() => read(), /^readFile: the path of a file comes first, not undefined \(/],
    [() => read(''), /^readFile: the path of a file comes first, not an empty text \(/],
    [() => read(join(folder, 'none')), /none cannot be read: there is no such file or folder \(/],
    [() => write(join(folder, 'none', 'x'), ''), /untouched \(/],
  ]
  for (const [call, message] of cases) {
    const said = await refusal(call())
    assert.match(said, message)
    assert.match(said, line)
  }
})

test.run()
