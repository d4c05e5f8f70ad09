// Runs every test file in every runtime that this machine has, and closes with one count over all of them.
// Arguments narrow the run: `node build/tests/run.js gemm --runtime=node`.
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Runtime {
  name: string
  command: string[]
}

const here = dirname(fileURLToPath(import.meta.url))
const filters = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const only = process.argv.find(argument => argument.startsWith('--runtime='))?.slice('--runtime='.length)
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.js') && (filters.length === 0 || filters.some(filter => name.includes(filter))))
  .sort()

const candidates: Runtime[] = [
  { name: 'node', command: [process.execPath] },
  { name: 'deno', command: [join(here, '../../node_modules/.bin/deno'), 'run', '--allow-all', '--quiet'] },
]

function run({ name, command }: Runtime): Promise<{ passed: number; failed: number; skipped: number }> {
  return new Promise(resolve => {
    const child = spawn(command[0], [...command.slice(1), join(here, 'worker.js'), ...files], {
      cwd: join(here, '../..'),
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.stderr.on('data', chunk => {
      output += chunk
    })
    child.on('close', code => {
      console.log(`\n== ${name} ==\n${output.trimEnd()}`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes
      const plain = output.replace(/\u001b\[\d+m/g, '')
      const count = (label: string) => Number(plain.match(new RegExp(`${label}:\\s+(\\d+)`))?.[1] ?? 0)
      const total = count('Total')
      const passed = count('Passed')
      const skipped = count('Skipped')
      const failed = total - passed - skipped
      // A process that dies before its summary, or exits non-zero without one, counts as a failure.
      resolve({ passed, skipped, failed: failed === 0 && (code !== 0 || total === 0) ? 1 : failed })
    })
  })
}

const sum = { passed: 0, failed: 0, skipped: 0 }
for (const runtime of candidates) {
  if (only !== undefined && runtime.name !== only) continue
  if (spawnSync(runtime.command[0], ['--version']).status !== 0) {
    console.log(`${runtime.name} was not found on this machine and is skipped`)
    continue
  }
  const result = await run(runtime)
  sum.passed += result.passed
  sum.failed += result.failed
  sum.skipped += result.skipped
}
console.log(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`)
process.exitCode = sum.failed ? 1 : 0
