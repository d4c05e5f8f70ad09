// Runs every test file in every runtime that this machine has, and closes with one count over all of them.
// Arguments narrow the run: `node build/tests/run.js gemm --runtime=node`. Files named `*.node.test.ts` start processes
// and read the disk: they run in Node only.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, firefox } from './runtimes/browsers.js'
import { bun, deno, node } from './runtimes/processes.js'
import { type Runtime, root } from './runtimes/runtime.js'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

const filters = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const only = process.argv.find(argument => argument.startsWith('--runtime='))?.slice('--runtime='.length)
const files = readdirSync(join(root, 'build/tests'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.js') && (filters.length === 0 || filters.some(filter => name.includes(filter))))
  .sort()
const portable = files.filter(name => !name.endsWith('.node.test.js'))

/** Runs the files, prints what they print and counts. */
async function run(runtime: Runtime, list: readonly string[]): Promise<Counts> {
  const start = performance.now()
  const { output, ok } = await runtime.run(list)
  console.log(output.trimEnd())
  console.log(`  in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes
  const plain = output.replace(/\u001b\[\d+m/g, '')
  const count = (label: string) => Number(plain.match(new RegExp(`${label}:\\s+(\\d+)`))?.[1] ?? 0)
  const total = count('Total')
  const passed = count('Passed')
  // uvu leaves skipped tests out of its total.
  const failed = total - passed
  // One that dies before its summary, or says that it failed without one, counts as a failure.
  return { passed, skipped: count('Skipped'), failed: failed === 0 && (!ok || total === 0) ? 1 : failed }
}

const sum: Counts = { passed: 0, failed: 0, skipped: 0 }
const missing: string[] = []
for (const runtime of [node, deno, bun, chromium, firefox]) {
  if (only !== undefined && runtime.name !== only) continue
  const list = runtime === node ? files : portable
  if (list.length === 0) continue
  const version = runtime.find()
  if (version === null) {
    missing.push(runtime.name)
    continue
  }
  console.log(`\n== ${runtime.name} (${version}) ==`)
  const counts = await run(runtime, list)
  sum.passed += counts.passed
  sum.failed += counts.failed
  sum.skipped += counts.skipped
}
for (const name of missing) console.log(`${name} was not found on this machine and is skipped`)
console.log(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`)
process.exitCode = sum.failed ? 1 : 0
