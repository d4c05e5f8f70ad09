// `npm run bench`: heddle beside its peers. Every contestant runs in a process of its own on one core; they are timed
// in turn, round after round, and compared round by round. Who does not find the known numbers is not compared.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseOptions, UsageError } from './lib/options.mjs'
import { report } from './lib/table.mjs'
import { systems, workloads } from './registry.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

function installPeers() {
  if (existsSync(`${here}node_modules`)) return
  console.error('installing the peers (npm --prefix bench ci), once')
  const windows = process.platform === 'win32'
  const { status } = spawnSync('npm', ['--prefix', here, 'ci'], { stdio: ['ignore', 2, 2], shell: windows })
  if (status !== 0) throw new Error('the peers could not be installed')
}

async function main() {
  const options = parseOptions(process.argv.slice(2), { systems, workloads })
  if (options === null) return
  options.core ??= cpus().length - 1
  installPeers()
  // Only now: these need what was installed.
  const [{ bench }, { chart }, { sizes }] = await Promise.all([
    import('./lib/referee.mjs'),
    import('./lib/chart.mjs'),
    import('./lib/size.mjs'),
  ])
  const machine = { node: process.version, processor: cpus()[0].model.trim(), clock: options.clock }
  const results = []
  mkdirSync(options.out, { recursive: true })
  for (const id of options.workloads) {
    results.push(...(await bench(id, workloads[id], options)))
    // After each workload, so that a run that is cut short leaves what it has.
    writeFileSync(`${options.out}/figures.json`, `${JSON.stringify({ machine, results }, null, 2)}\n`)
    writeFileSync(`${options.out}/chart.svg`, chart(results))
  }
  const bytes = options.workloads.includes('cold') ? await sizes() : undefined
  if (bytes !== undefined) writeFileSync(`${options.out}/sizes.json`, `${JSON.stringify(bytes, null, 2)}\n`)
  report(results, bytes, options)
  if (results.some(({ systems }) => systems.heddle?.refused)) process.exitCode = 1
  console.log(`\nwritten: ${options.out}/figures.json, ${options.out}/chart.svg`)
}

main().catch(error => {
  console.error(error instanceof UsageError ? error.message : error)
  process.exitCode = 1
})
