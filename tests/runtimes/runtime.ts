// What a runtime is to tests/run.ts, and how one is looked for.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a run ended. */
export interface Outcome {
  output: string
  /** False if it died, or said itself that tests failed. */
  ok: boolean
}

export interface Runtime {
  readonly name: string
  /** The version found, or null. */
  find(): string | null
  /** Runs the test files, named from build/tests. */
  run(files: readonly string[]): Promise<Outcome>
}

/** The root of the repository: this file is build/tests/runtimes/runtime.js. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** After this long a runtime is stopped, and has failed. */
export const TIME_LIMIT = 15 * 60_000

/** What `command --version` prints first, or null if it does not start. */
export function versionOf(command: string): string | null {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n')[0] : null
}

/** The first of these programs that is there, by its path or on PATH; undefined ones are skipped. */
export function programPath(...names: (string | undefined)[]): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  for (const name of names) {
    if (!name) continue
    const found = (isAbsolute(name) ? [name] : folders.map(folder => join(folder, name))).find(existsSync)
    if (found !== undefined) return found
  }
  return null
}
