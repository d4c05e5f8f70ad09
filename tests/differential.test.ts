// Differential fuzzing, a short run: `npm run fuzz` is the long one (fuzz.ts).
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { passNames } from '../ts/compiler/optimize.js'
import { differAt } from './differential.js'

const test = suite('differential fuzzing')

const PROGRAMS = 100

test(`${PROGRAMS} random programs agree with the reference interpreter, whatever passes are off`, () => {
  const exercised = new Set<string>()
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const result = differAt(seed, 10)
    if ('failure' in result) assert.unreachable(result.failure)
    else for (const name of result.agreement.exercised) exercised.add(name)
  }
  assert.equal([...exercised].sort(), [...passNames].sort(), 'passes that changed some program')
})

test.run()
