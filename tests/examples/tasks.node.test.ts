// The published results: each example runs for a few steps, in which its loss falls, and says how its figure stands beside
// the published one. The figures themselves take minutes: `npm run examples`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { shared } from '../platform.js'
import { root } from '../runtimes/runtime.js'

const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
const run = (...args: string[]) => node('build/examples/run.js', ...args)

/** The chorales lie beside the repository, or are left out. */
const chorales = fileURLToPath(new URL('data/jsb-chorales/jsb-chorales-quarter.json', shared))

/** How many steps make the loss of each fall, and how many trainings it has. */
const TASKS: Record<string, { steps: number; trainings?: number; data?: string }> = {
  adding: { steps: 60, trainings: 2 },
  chorales: { steps: 25, data: chorales },
  copy: { steps: 25 },
  counting: { steps: 200, trainings: 2 },
  gpt: { steps: 12 },
  lenet: { steps: 60 },
  mnist: { steps: 60 },
  reber: { steps: 100 },
  'temporal-order': { steps: 150 },
}

test('all examples of published results are tried here', () => {
  const names = readdirSync(`${root}/examples/tasks`).map(file => file.replace(/\.ts$/, ''))
  assert.equal(names.sort(), Object.keys(TASKS).sort())
})

for (const [task, { steps, trainings = 1, data }] of Object.entries(TASKS)) {
  const attempt = data === undefined || existsSync(data) ? test : test.skip
  attempt(`${task}: its loss falls, and its figures stand beside the published ones`, () => {
    const given = data === undefined ? [] : ['--data', data]
    const { stdout, stderr } = run(task, '--steps', String(steps), '--seed', '3', ...given)
    const losses = [...stdout.matchAll(/loss ([\d.e-]+) -> ([\d.e-]+) in (\d+) steps/g)]
    assert.is(losses.length, trainings, stdout + stderr)
    for (const [line, before, after, made] of losses) {
      assert.ok(Number(after) < 0.97 * Number(before), line)
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

test('all of them make one table; what has no data is left out, and says what it needs', () => {
  const { stdout, stderr } = node('build/examples/harness/all.js', '--steps', '1')
  for (const task of Object.keys(TASKS)) assert.match(stdout, new RegExp(`│ '${task}'.*│`), stdout)
  assert.match(stdout, /'chorales'.*'did not run'/)
  assert.match(stderr, /chorales: --data <file> is missing: .*jsb-chorales-quarter\.json/)
})

test('a wrong option is answered with what is right', () => {
  const { status, stderr } = run('adding', '--steps', 'many')
  assert.is(status, 1)
  assert.match(stderr, /'--steps <number>' argument 'many' is invalid\. It is an integer\./)
})

test.run()
