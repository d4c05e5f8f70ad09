// The published results: each example runs for a few steps, in which its loss falls, and says how its figure stands beside
// the published one. The figures themselves take minutes: `npm run examples`.
import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../runtimes/runtime.js'

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['build/examples/run.js', ...args], { cwd: root, encoding: 'utf8' })

/** How many steps make the loss of each fall; how many networks it trains. */
const TASKS: Record<string, { steps: number; networks: number }> = {
  adding: { steps: 60, networks: 2 },
  copy: { steps: 25, networks: 1 },
  counting: { steps: 200, networks: 2 },
  'temporal-order': { steps: 150, networks: 1 },
}

for (const [task, { steps, networks }] of Object.entries(TASKS)) {
  test(`${task}: its loss falls, and its figures stand beside the published ones`, () => {
    const { stdout, stderr } = run(task, '--steps', String(steps), '--seed', '3')
    const losses = [...stdout.matchAll(/loss ([\d.e-]+) -> ([\d.e-]+) in (\d+) steps/g)]
    assert.is(losses.length, networks, stdout + stderr)
    for (const [line, before, after, made] of losses) {
      assert.ok(Number(after) < 0.95 * Number(before), line)
      assert.is(Number(made), steps)
    }
    assert.match(stdout, /: [\d.e-]+; published: \S/)
    assert.match(stdout, new RegExp(`^${task}, seed 3: \\d+ s of processor time$`, 'm'))
  })
}

test('one seed, one result', () => {
  const figures = () => run('counting', '--steps', '30').stdout.replace(/\d+ s of/g, '')
  assert.is(figures(), figures())
})

test('a wrong option is answered with what is right', () => {
  const { status, stderr } = run('adding', '--steps', 'many')
  assert.is(status, 1)
  assert.match(stderr, /'--steps <number>' argument 'many' is invalid\. It is an integer\./)
})

test.run()
