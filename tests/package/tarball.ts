// The package as users get it: packed, then installed into an empty project.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../runtimes/runtime.js'

export interface Project {
  /** Its folder. */
  readonly folder: string
  /** Runs a program in it and returns what it prints; throws with that if it fails. */
  run(command: string, ...args: string[]): string
  remove(): void
}

/** What tests/package/project/app.js finds when all is well. */
export const EXPECTED = JSON.stringify({ gradient: 6, learns: true, oneTensor: true })

const npm = (folder: string, ...args: string[]): string =>
  execFileSync('npm', [...args, '--loglevel=error', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' })

/** Packs what was built (dist/) and installs it, and `packages` from the registry, beside tests/package/project. */
export function makeProject(packages: Readonly<Record<string, string>> = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-project-'))
  npm(root, 'pack', '--ignore-scripts', '--pack-destination', folder)
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))!
  cpSync(join(root, 'tests/package/project'), folder, { recursive: true })
  const dependencies = { ...packages, heddle: `file:${tarball}` }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  const offline = Object.keys(packages).length === 0 ? ['--offline'] : []
  npm(folder, 'install', '--ignore-scripts', ...offline)
  return {
    folder,
    run: (command, ...args) =>
      execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
