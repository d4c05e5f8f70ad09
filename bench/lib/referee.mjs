// Runs one workload's contestants in turn and judges their answers.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { runWhole, start } from './contestant.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))

/** How far an answer may be from the known one: relative, or absolute where the known one is below 1. */
export const TOLERANCE = 2e-5

/** Says what is wrong with a contestant's answers, or nothing. */
function objection(answers, known) {
  const wrong = known.findIndex(
    (value, i) => !(Math.abs(answers[i] - value) <= TOLERANCE * Math.max(1, Math.abs(value))),
  )
  return wrong < 0 ? undefined : `refused: answer ${wrong + 1} is ${answers[wrong]}, not ${known[wrong]}`
}

const moduleOf = ({ folder }, name) =>
  [`${folder}/${name}.mjs`, `${folder}/${name}.py`].find(file => existsSync(here + file))

const say = text => process.stderr.write(`  ${text}\n`)

/** Starts the contestants of one workload; those that fail or answer wrongly are told of in the results. */
async function assemble(workload, names, results, { core, cases }) {
  const ready = []
  for (const name of names) {
    say(`${name} prepares`)
    const contestant = start(moduleOf(workload, name), core)
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
      for (const { systems } of results) systems[name] = { refused: `cannot run: ${error.message}` }
    }
  }
  return ready
}

async function time(contestant, name, record, clock) {
  try {
    const { ms, share } = await contestant.ask({ ask: 'round', name, clock })
    record.times.push(ms)
    record.shares.push(share)
  } catch (error) {
    record.refused = `failed: ${error.message}`
  }
}

/** Contestants that stay: prepared once, then timed in turn. */
async function alternate(workload, names, results, options) {
  const ready = await assemble(workload, names, results, options)
  for (let round = 1; round <= options.rounds; round++) {
    say(`round ${round} of ${options.rounds}`)
    for (const { name: caseName, systems } of results) {
      for (const { name, contestant } of ready) {
        if (systems[name] !== undefined && !systems[name].refused)
          await time(contestant, caseName, systems[name], options.clock)
      }
    }
  }
  for (const { name, contestant } of ready) {
    const { peak } = await contestant.ask({ ask: 'end' }).catch(() => ({}))
    // The peak is the whole process's: with several cases it belongs to none.
    if (results.length === 1) results[0].systems[name].peak = peak
  }
}

/** Contestants whose whole process is what counts: run anew for each timing. */
function whole(workload, names, results, { core, rounds }) {
  for (const { systems } of results) for (const name of names) systems[name] = { times: [] }
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`)
    for (const { name: caseName, known, systems } of results) {
      for (const name of names) {
        const { ms, answers, notes, error } = runWhole(moduleOf(workload, name), caseName, core)
        systems[name].refused ??= error === undefined ? objection(answers, known) : `cannot run: ${error}`
        systems[name].times.push(ms)
        systems[name].notes = notes
      }
    }
  }
}

/** Times one workload: a result for each case, with what every system needed. */
export async function bench(id, workload, options) {
  const names = workload.contestants.filter(name => !options.contestants || options.contestants.includes(name))
  const chosen = workload.cases.filter(each => !options.cases || options.cases.includes(each.name))
  if (chosen.length === 0 || names.length === 0) return []
  process.stderr.write(`${id}: ${workload.title}\n`)
  const defaults = { show: ms => ms, unit: 'ms', workload: id }
  const results = chosen.map(each => ({ ...defaults, ...each, known: each.known(), systems: {} }))
  await (workload.whole ? whole : alternate)(workload, names, results, options)
  return results
}
