// The process of one contestant: prepares it, answers for its results and times it when asked, in lines of JSON.
// A contestant's module gives `prepare()`, an array of cases `{ name, run, answers?, notes? }`. `run` is what is timed;
// it may return a promise. `answers` gives the numbers that must be right; without it, they are what five runs return.
import process from 'node:process'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import benny from 'benny'
import { median } from './statistics.mjs'

/** Runs that take less are repeated inside one sample, so that the clock and awaiting do not weigh. */
const SAMPLE = 2
/** Runs that take more are timed one by one: a suite would need a dozen of them. */
const SINGLY = 60
const ANSWERS = 5
/** Processor time that a case runs before its first round, so that engines have optimised what they will. */
const WARM_UP = 1000

const say = message => process.stdout.write(`@${JSON.stringify(message)}\n`)

async function time(run) {
  const start = performance.now()
  const result = await run()
  return [performance.now() - start, result]
}

function processorTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Runs a case for the first time, gathers its answers, warms it up and guesses how long a run takes. */
async function introduce(each) {
  const [first, result] = await time(each.run)
  const results = [result]
  while (results.length < ANSWERS) results.push(await each.run())
  const answers = each.answers === undefined ? results : await each.answers()
  const start = processorTime()
  let runs = 0
  do {
    await each.run()
    runs++
    each.guess = (processorTime() - start) / runs
  } while (each.guess * runs < WARM_UP)
  return { name: each.name, first, answers: Array.from(answers), notes: await each.notes?.() }
}

/** Warms up and times one case, ms a run: by the wall clock, or the processor time where others use the core too. */
async function round({ run, guess }, clock) {
  if (clock === 'cpu') return sampled(run, Math.max(1, Math.round(30 / guess)), processorTime)
  if (guess > SINGLY) return sampled(run, 1, () => performance.now())
  const repeats = Math.max(1, Math.round(SAMPLE / guess))
  const synchronous = !(run() instanceof Promise)
  const loop = synchronous
    ? () => {
        for (let i = 0; i < repeats; i++) run()
      }
    : async () => {
        for (let i = 0; i < repeats; i++) await run()
      }
  const options = { minTime: 0.01, maxTime: 0.25, minSamples: 5 }
  const { results } = await benny.suite('round', benny.add('run', loop, options))
  return (results[0].details.median * 1000) / repeats
}

/** Median of a few samples of `repeats` runs each. */
async function sampled(run, repeats, now) {
  await run()
  const samples = []
  for (let i = 0; i < (repeats > 1 ? 5 : 3); i++) {
    const start = now()
    for (let j = 0; j < repeats; j++) await run()
    samples.push((now() - start) / repeats)
  }
  return median(samples)
}

const { prepare } = await import(pathToFileURL(process.argv[2]))
let cases = []
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  try {
    if (message.ask === 'prepare') {
      cases = await prepare(message.only)
      const introduced = []
      for (const each of cases) introduced.push(await introduce(each))
      say({ cases: introduced })
    } else if (message.ask === 'round') {
      const start = performance.now()
      const busy = processorTime()
      const ms = await round(
        cases.find(each => each.name === message.name),
        message.clock,
      )
      say({ ms, share: (processorTime() - busy) / (performance.now() - start) })
    } else {
      say({ peak: process.resourceUsage().maxRSS / 1024 })
      process.exit(0)
    }
  } catch (error) {
    say({ error: String(error?.stack ?? error) })
  }
}
