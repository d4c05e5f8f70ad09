// Cold start: a process that imports heddle/core, or all of heddle, and multiplies two matrices, beside one that does
// nothing. `npm run build && node bench/cold-start.mjs [node | deno | bun]`; medians of interleaved runs: elapsed time, and
// processor time, which other processes on the machine disturb less.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './lib/statistics.mjs'

const RUNS = 31
const root = fileURLToPath(new URL('..', import.meta.url))
const name = process.argv[2] ?? 'node'
const command = name === 'node' ? process.execPath : join(root, 'node_modules/.bin', name)

const folder = mkdtempSync(join(tmpdir(), 'heddle-start-'))

/** Each says at its end how many milliseconds of processor time it took. */
function program(name, entry) {
  const file = join(folder, `${entry ?? 'nothing'}.mjs`)
  const url = JSON.stringify(new URL(`../dist/${entry}.js`, import.meta.url).href)
  const first = `import { matmul, tensor } from ${url}
const a = tensor([[1, 2], [3, 4]])
if (matmul(a, a).toArray()[1][1] !== 22) throw new Error('wrong product')
`
  const last = 'const { user, system } = process.cpuUsage()\nconsole.log((user + system) / 1000)'
  writeFileSync(file, (entry === null ? '' : first) + last)
  return { name, file, elapsed: [], busy: [] }
}

function run({ file, elapsed, busy }) {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(command, [file], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  elapsed.push(performance.now() - start)
  busy.push(Number(stdout))
}

const programs = [program('nothing', null), program('heddle/core', 'core'), program('heddle', 'index')]
for (let i = 0; i < RUNS; i++) programs.forEach(run)
const [bare] = programs
for (const { name, elapsed, busy } of programs) {
  const figures = [
    [elapsed, bare.elapsed, 'elapsed'],
    [busy, bare.busy, 'of processor time'],
  ].map(([own, of, what]) => `${median(own).toFixed(1)} ms ${what} (${(median(own) / median(of)).toFixed(2)}x)`)
  console.log(`${name}: ${figures.join(', ')}`)
}
rmSync(folder, { recursive: true })
