// The command line of `npm run bench`; what is wrong in it is answered with what is right.
const HELP = `npm run bench -- [workload ...] [--case a,b] [--contestants a,b] [--rounds 5] [--core 1] [--clock wall] [--out build/bench]

  workload       names as listed below; all of them when none is given
  --case         only these cases of the workloads
  --contestants  only these systems
  --rounds       how often every contestant is timed, in turn
  --core         the processor core that every contestant is pinned to (where taskset exists)
  --clock        wall, or cpu: processor time, for a machine whose cores others use too
  --out          the folder for the figures (JSON) and the chart (SVG)
`

export class UsageError extends Error {}

function whole(name, text, least) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`--${name} takes a whole number from ${least} on, not ${text ?? 'nothing'}`)
  return value
}

function listed(what, names, known) {
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(`no ${what} is called ${name}; there are: ${known.join(' ')}`)
  }
  return names
}

/** `{ workloads, contestants, cases, rounds, core, out }`, or null when only help was asked for and printed. */
export function parseOptions(args, registry) {
  const options = { workloads: [], rounds: 5, clock: 'wall', out: 'build/bench' }
  const words = [...args]
  while (words.length > 0) {
    const word = words.shift()
    if (word === '--help' || word === '-h') {
      console.log(
        `${HELP}\nworkloads: ${Object.entries(registry.workloads)
          .map(([name, { title }]) => `\n  ${name.padEnd(12)} ${title}`)
          .join('')}`,
      )
      console.log(
        `contestants: ${Object.entries(registry.systems)
          .map(([name, title]) => `\n  ${name.padEnd(12)} ${title}`)
          .join('')}`,
      )
      return null
    }
    if (!word.startsWith('--')) options.workloads.push(word)
    else if (word === '--rounds') options.rounds = whole('rounds', words.shift(), 1)
    else if (word === '--core') options.core = whole('core', words.shift(), 0)
    else if (word === '--clock') [options.clock] = listed('clock', [words.shift() ?? ''], ['wall', 'cpu'])
    else if (word === '--contestants') options.contestants = (words.shift() ?? '').split(',')
    else if (word === '--case') options.cases = (words.shift() ?? '').split(',')
    else if (word === '--out') options.out = words.shift() ?? options.out
    else throw new UsageError(`there is no option ${word}\n\n${HELP}`)
  }
  const all = Object.keys(registry.workloads)
  const chosen = options.workloads.length > 0 ? listed('workload', options.workloads, all) : all
  if (options.contestants) listed('contestant', options.contestants, Object.keys(registry.systems))
  const cases = chosen.flatMap(name => registry.workloads[name].cases.map(each => each.name))
  if (options.cases) listed(`case of ${chosen.join(' ')}`, options.cases, cases)
  return { ...options, workloads: chosen }
}
