// PyTorch's reference vectors: every case that heddle's operations can express is a test, within the case's own tolerance.
import { test } from 'uvu'
import { handlers, uncovered } from './torch-cases.js'
import { type Case, checkFunction, readCases } from './vectors.js'

const cases = await readCases('torch')

if (cases === null) {
  console.log('conformance vectors (shared/conformance/torch) are not beside this repository: skipped')
  test.skip('torch conformance: no vectors here', () => {})
} else {
  const missing = new Map<string, string[]>()
  let covered = 0
  for (const c of cases) {
    const reason = uncovered(c)
    if (reason !== null) {
      missing.set(reason, [...(missing.get(reason) ?? []), c.case])
      continue
    }
    covered++
    test(`torch ${c.case}`, () => run(c))
  }
  console.log(`torch conformance: ${covered} cases covered`)
  for (const [reason, names] of missing) console.log(`  not covered, ${reason}: ${names.length}: ${names.join(' ')}`)
}

function run(c: Case): void {
  const handler = handlers[c.family]
  const f = handler(c)
  if (f !== undefined) checkFunction(c, f)
}

test.run()
