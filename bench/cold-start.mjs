// Cold start: a process that imports heddle and multiplies two matrices, beside one that does nothing.
// `npm run build && node bench/cold-start.mjs [node | deno | bun]`; medians of interleaved runs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const RUNS = 31
const root = fileURLToPath(new URL('..', import.meta.url))
const name = process.argv[2] ?? 'node'
const command = name === 'node' ? process.execPath : join(root, 'node_modules/.bin', name)

const folder = mkdtempSync(join(tmpdir(), 'heddle-start-'))
const empty = join(folder, 'empty.mjs')
const first = join(folder, 'first.mjs')
writeFileSync(empty, '')
writeFileSync(
  first,
  `import { matmul, tensor } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
const a = tensor([[1, 2], [3, 4]])
if (matmul(a, a).toArray()[1][1] !== 22) throw new Error('wrong product')`,
)

function milliseconds(file) {
  const start = performance.now()
  const { status, stderr } = spawnSync(command, [file])
  if (status !== 0) throw new Error(String(stderr))
  return performance.now() - start
}
const median = list => list.toSorted((a, b) => a - b)[list.length >> 1]

milliseconds(first)
const times = { empty: [], first: [] }
for (let i = 0; i < RUNS; i++) {
  times.empty.push(milliseconds(empty))
  times.first.push(milliseconds(first))
}
const [bare, matmul] = [median(times.empty), median(times.first)]
console.log(
  `${name}: starts in ${bare.toFixed(1)} ms, with a first matmul in ${matmul.toFixed(1)} ms: ${(matmul / bare).toFixed(2)}x`,
)
rmSync(folder, { recursive: true })
