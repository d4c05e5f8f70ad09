// The memory promises and the cost of a call in Node, Deno, Bun and Chromium, each measurement in a process of its own:
// what one leaves behind would count for the next. Build first; names pick runtimes and measurements:
// `node bench/memory.mjs node chromium small`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as chromium from './memory/chromium.mjs'
import { measurements } from './memory/measurements.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const binary = name => join(root, 'node_modules/.bin', name)

/** Runs measurements as processes of a command. */
const processes = (command, ...options) => ({
  isThere: existsSync(command),
  measure(name) {
    const { status, stdout, stderr } = spawnSync(command, [...options, join(root, 'bench/memory/child.mjs'), name])
    if (status !== 0) throw new Error(String(stderr))
    return JSON.parse(String(stdout))
  },
})

const runtimes = {
  node: processes(process.execPath),
  deno: processes(binary('deno'), 'run', '-A'),
  bun: processes(binary('bun')),
  chromium,
}
const asked = process.argv.slice(2)
const chosen = table => {
  const some = Object.keys(table).filter(name => asked.includes(name))
  return some.length > 0 ? some : Object.keys(table)
}
for (const name of asked) if (!(name in runtimes) && !(name in measurements)) throw new Error(`no ${name} here`)

/** Typed arrays and heddle's part together. */
const HEDDLE_MAY_ADD = 10
let failed = 0
for (const runtime of chosen(runtimes)) {
  if (!runtimes[runtime].isThere) {
    console.log(`${runtime} was not found`)
    continue
  }
  let arrays = Number.POSITIVE_INFINITY
  for (const name of chosen(measurements)) {
    for (const { line, growth, bound = Number.POSITIVE_INFINITY } of await runtimes[runtime].measure(name)) {
      if (name === 'arrays') arrays = growth
      const holds = growth <= (name === 'fresh' ? arrays + HEDDLE_MAY_ADD : bound)
      if (!holds) failed++
      console.log(`${runtime}: ${line}${holds ? '' : '  <-- FAILS'}`)
    }
  }
}
if (failed > 0) process.exitCode = 1
