// A contestant's process as the referee sees it: started once and asked in turn, or run as a whole; on one core.
import { spawn, spawnSync } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const path = relative => fileURLToPath(new URL(relative, import.meta.url))

/** Debian's Python knows Debian's PyTorch. */
const PYTHON = '/usr/bin/python3'

const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** The command that runs one process on one core, where the system can. */
const pinned = (core, command) => (canPin ? ['taskset', '-c', String(core), ...command] : command)

/** Modules in Python serve themselves. */
const command = module =>
  module.endsWith('.py') ? [PYTHON, path(`../${module}`)] : [process.execPath, path('serve.mjs'), path(`../${module}`)]

const lastLine = text => text.trim().split('\n').at(-1)

/** Starts a contestant: `ask(message)` gives its next answer and throws what it reports as an error. */
export function start(module, core) {
  const [program, ...args] = pinned(core, command(module))
  // OpenBLAS does not know every recent processor and then falls back to slow kernels.
  const env = { ...process.env, OPENBLAS_CORETYPE: 'SkylakeX', OMP_NUM_THREADS: '1' }
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env })
  let errors = ''
  let settle = null
  let ended = null
  child.stderr.on('data', chunk => {
    errors = (errors + chunk).slice(-2000)
  })
  createInterface({ input: child.stdout }).on('line', line => {
    if (line.startsWith('@')) settle?.resolve(JSON.parse(line.slice(1)))
  })
  const end = error => {
    ended = error
    settle?.reject(error)
  }
  child.on('close', () => end(new Error(lastLine(errors))))
  child.on('error', end)
  child.stdin.on('error', () => {})
  return {
    async ask(message) {
      if (ended !== null) throw ended
      const answer = await new Promise((resolve, reject) => {
        settle = { resolve, reject }
        child.stdin.write(`${JSON.stringify(message)}\n`)
      })
      settle = null
      if (answer.error) throw new Error(answer.error.split('\n')[0])
      return answer
    },
    kill: () => child.kill(),
  }
}

/** Runs a module as a process of its own; it prints `{ answers, notes?, ms? }`, and took the whole time but for `ms`. */
export function runWhole(module, argument, core) {
  const [program, ...args] = pinned(core, [process.execPath, path(`../${module}`), argument])
  const begin = performance.now()
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  const took = performance.now() - begin
  if (status !== 0) return { error: lastLine(stderr) }
  return { ms: took, ...JSON.parse(lastLine(stdout)) }
}
