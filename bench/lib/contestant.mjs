// A contestant's process as the referee sees it: started once, asked in turn, pinned to one core.
import { spawn, spawnSync } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const path = relative => fileURLToPath(new URL(relative, import.meta.url))

/** Debian's Python knows Debian's PyTorch. */
const PYTHON = '/usr/bin/python3'

const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** The command that runs one process on one core, where the system can. */
export const pinned = (core, command) =>
  canPin && core !== undefined ? ['taskset', '-c', String(core), ...command] : command

/** The pinned command of a contestant's module; `.py` modules serve themselves. */
const command = module =>
  module.endsWith('.py') ? [PYTHON, path(`../${module}`)] : [process.execPath, path('serve.mjs'), path(`../${module}`)]

/** Starts a contestant: `ask(message)` gives its next answer and throws what it reports as an error. */
export function start(module, core) {
  const [program, ...args] = pinned(core, command(module))
  // OpenBLAS does not know every recent processor and then falls back to slow kernels.
  const env = { ...process.env, OPENBLAS_CORETYPE: 'SkylakeX', OMP_NUM_THREADS: '1' }
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env })
  let errors = ''
  child.stderr.on('data', chunk => {
    errors = (errors + chunk).slice(-2000)
  })
  let settle = null
  createInterface({ input: child.stdout }).on('line', line => {
    if (line.startsWith('@')) settle?.resolve(JSON.parse(line.slice(1)))
  })
  child.on('close', code => settle?.reject(new Error(`it ended (${code}): ${errors.trim()}`)))
  child.on('error', error => settle?.reject(error))
  child.stdin.on('error', () => {})
  return {
    async ask(message) {
      const answer = await new Promise((resolve, reject) => {
        settle = { resolve, reject }
        child.stdin.write(`${JSON.stringify(message)}\n`)
      })
      settle = null
      if (answer.error) throw new Error(answer.error)
      return answer
    },
    kill: () => child.kill(),
  }
}
