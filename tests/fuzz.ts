// Differential fuzzing at length: `npm run fuzz -- --programs 20000 --seed 1`. Program i has the seed `seed + i`, so a run
// that was cut short goes on from the last number it told, and one program alone is `--programs 1 --seed NUMBER`.
// `--stop`: at the first that fails; `--shrink SECONDS`: at most, for each that fails.
import { parseArgs } from 'node:util'
import { passNames } from '../ts/compiler/optimize.js'
import { differAt } from './differential.js'

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    shrink: { type: 'string', default: '60' },
    stop: { type: 'boolean', default: false },
  },
})
const programs = Number(values.programs)
const first = Number(values.seed)
const exercised = new Map<string, number>(passNames.map(name => [name, 0]))
const kinds = new Map<string, number>()
const failures: number[] = []
let equations = 0
let widened = 0
const start = performance.now()

function report(done: number): void {
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const passes = [...exercised].map(([name, count]) => `${name} ${count}`).join(', ')
  console.log(
    `${done} of ${programs} programs in ${seconds} s, ${failures.length} failed (next seed ${first + done}); ` +
      `${(equations / Math.max(1, done)).toFixed(0)} equations each; changed by ${passes}; ${widened} bounds widened`,
  )
}

for (let i = 0; i < programs; i++) {
  const result = differAt(first + i, Number(values.shrink))
  if ('failure' in result) {
    failures.push(first + i)
    console.error(`\n${result.failure}\n\nAgain: npm run fuzz -- --programs 1 --seed ${first + i}\n`)
    if (values.stop) {
      report(i + 1)
      break
    }
  } else {
    const { agreement } = result
    kinds.set(agreement.kind, (kinds.get(agreement.kind) ?? 0) + 1)
    for (const name of agreement.exercised) exercised.set(name, exercised.get(name)! + 1)
    equations += agreement.equations
    widened += agreement.widened > 0 ? 1 : 0
  }
  if ((i + 1) % 500 === 0 || i + 1 === programs) report(i + 1)
}
console.log([...kinds].map(([kind, count]) => `${kind}: ${count}`).join(', '))
if (failures.length > 0) console.error(`failed: ${failures.join(' ')}`)
process.exitCode = failures.length > 0 ? 1 : 0
