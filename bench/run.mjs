// `npm run bench`: heddle beside its peers. Every contestant runs in a process of its own on one core; they are timed
// in turn, round after round, and compared round by round. Who does not find the known numbers is not timed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { start } from './lib/contestant.mjs'
import { parseOptions, UsageError } from './lib/options.mjs'
import { median } from './lib/statistics.mjs'
import { HEADER, printTable, rowsOf } from './lib/table.mjs'
import * as registry from './registry.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

function installPeers() {
  if (existsSync(`${here}node_modules`)) return
  console.log('installing the peers (npm --prefix bench ci), once')
  const { status } = spawnSync('npm', ['--prefix', here, 'ci'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error('the peers could not be installed')
}

/** Says what is wrong with a contestant's answers, or nothing. */
function objection(answers, known) {
  const wrong = known.findIndex(
    (value, i) => !(Math.abs(answers[i] - value) <= registry.TOLERANCE * Math.max(1, Math.abs(value))),
  )
  return wrong < 0 ? undefined : `refused: answer ${wrong + 1} is ${answers[wrong]}, not ${known[wrong]}`
}

/** Starts the contestants of one workload; those that fail or answer wrongly are told of in the results. */
async function assemble(workload, names, results, { core, cases }) {
  const ready = []
  for (const name of names) {
    const module = [`${workload.folder}/${name}.mjs`, `${workload.folder}/${name}.py`].find(file =>
      existsSync(here + file),
    )
    const contestant = start(module, core)
    process.stderr.write(`  ${name} prepares\n`)
    try {
      const { cases: introduced } = await contestant.ask({ ask: 'prepare', only: cases })
      for (const { name: caseName, first, answers, notes } of introduced) {
        const result = results.find(each => each.name === caseName)
        const refused = objection(answers, result.known)
        result.systems[name] = { refused, first, notes, times: [], shares: [] }
      }
      ready.push({ name, contestant })
    } catch (error) {
      contestant.kill()
      for (const result of results) result.systems[name] = { refused: `cannot run: ${error.message.split('\n')[0]}` }
    }
  }
  return ready
}

/** Times one workload's contestants in turn. */
async function bench(id, options) {
  const workload = registry.workloads[id]
  const names = workload.contestants.filter(name => !options.contestants || options.contestants.includes(name))
  const chosen = workload.cases.filter(each => !options.cases || options.cases.includes(each.name))
  if (chosen.length === 0 || names.length === 0) return []
  console.error(`${id}: ${workload.title}`)
  const results = chosen.map(each => ({
    show: ms => ms,
    unit: 'ms',
    ...each,
    workload: id,
    known: each.known(),
    systems: {},
  }))
  const ready = await assemble(workload, names, results, options)
  for (let round = 0; round < options.rounds; round++) {
    process.stderr.write(`  round ${round + 1} of ${options.rounds}\n`)
    for (const { name: caseName, systems } of results) {
      for (const { name, contestant } of ready) {
        if (systems[name] === undefined || systems[name].refused) continue
        const { ms, share } = await contestant.ask({ ask: 'round', name: caseName, clock: options.clock })
        systems[name].times.push(ms)
        systems[name].shares.push(share)
      }
    }
  }
  for (const { name, contestant } of ready) {
    const { peak } = await contestant.ask({ ask: 'end' })
    for (const { systems } of results) if (systems[name] && chosen.length === 1) systems[name].peak = peak
  }
  return results
}

async function main() {
  const options = parseOptions(process.argv.slice(2), registry)
  if (options === null) return
  options.core ??= cpus().length - 1
  installPeers()
  const results = []
  for (const id of options.workloads) results.push(...(await bench(id, options)))
  console.log(
    `\nOne pinned core, ${options.rounds} rounds, Node ${process.version}, ${cpus()[0].model.trim()}; medians by the ${options.clock === 'wall' ? 'wall clock' : 'processor time'}.`,
  )
  console.log('"time / first" is the median, round by round, of a time over that of the first system listed.\n')
  printTable(HEADER, rowsOf(results), 2)
  for (const { workload, name, systems } of results) {
    for (const [system, { notes }] of Object.entries(systems)) {
      if (notes) console.log(`${workload} ${name} ${system}: ${notes}`)
    }
  }
  const shares = results.flatMap(({ systems }) => Object.values(systems).flatMap(system => system.shares ?? []))
  if (options.clock === 'wall' && shares.length > 0 && median(shares) < 0.95)
    console.log(
      `\nOthers used the core too: the contestants had ${(100 * median(shares)).toFixed(0)} % of it. --clock cpu disregards them.`,
    )
  mkdirSync(options.out, { recursive: true })
  writeFileSync(`${options.out}/figures.json`, `${JSON.stringify(results, null, 2)}\n`)
  console.log(`\nwritten: ${options.out}/figures.json`)
}

main().catch(error => {
  console.error(error instanceof UsageError ? error.message : error)
  process.exitCode = 1
})
