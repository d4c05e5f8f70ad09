// The applications of the course: each example runs for a few steps, in which its loss falls, and says how its figures stand
// beside those of a plain baseline. The figures themselves take minutes: `npm run examples`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { shared } from '../platform.js'
import { root } from '../runtimes/runtime.js'

const folder = mkdtempSync(join(tmpdir(), 'heddle-'))
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['build/examples/run.js', ...args], { cwd: root, encoding: 'utf8' })

/** Data that lies beside the repository, or is left out. */
const beside = (path: string): string => fileURLToPath(new URL(`data/${path}`, shared))

/** How many steps make the loss of each fall, how many trainings and figures it has, and what its drawing shows. */
interface Application {
  steps: number
  trainings?: number
  figures?: number
  data?: string
  drawing?: string
}
const APPLICATIONS: Record<string, Application> = {
  entities: { steps: 60, figures: 5, data: beside('ner-wikigold/CONLL-format/data/wikigold.conll.txt') },
  'fill-in': { steps: 12 },
  names: { steps: 60, trainings: 2, figures: 2 },
  'next-word': { steps: 12 },
  sentiment: { steps: 120, drawing: 'Attention: ' },
  tags: { steps: 30, figures: 2 },
}

/** The examples that have a test of their own. */
const ELSEWHERE = ['letters-to-sounds']

test('all examples of applications are tried here', () => {
  const names = readdirSync(`${root}/examples/applications`).map(file => file.replace(/\.ts$/, ''))
  assert.equal(names.sort(), [...Object.keys(APPLICATIONS), ...ELSEWHERE].sort())
})

for (const [name, { steps, trainings = 1, figures = 1, data, drawing }] of Object.entries(APPLICATIONS)) {
  const attempt = data === undefined || existsSync(data) ? test : test.skip
  attempt(`${name}: its loss falls, and its figures stand beside those of a plain baseline`, () => {
    const out = join(folder, `${name}.svg`)
    const given = [...(data === undefined ? [] : ['--data', data]), ...(drawing === undefined ? [] : ['--out', out])]
    const { stdout, stderr } = run(name, '--steps', String(steps), '--seed', '3', ...given)
    const losses = [...stdout.matchAll(/loss ([\d.e-]+) -> ([\d.e-]+) in (\d+) steps/g)]
    assert.is(losses.length, trainings, stdout + stderr)
    for (const [line, before, after, made] of losses) {
      assert.ok(Number(after) < 0.97 * Number(before), line)
      assert.is(Number(made), steps)
    }
    assert.is([...stdout.matchAll(/: [\d.e-]+; baseline: \d/g)].length, figures, stdout)
    assert.match(stdout, new RegExp(`^${name}, seed 3: \\d+ s of processor time$`, 'm'))
    if (drawing !== undefined) {
      const svg = readFileSync(out, 'utf8')
      assert.ok(svg.startsWith('<svg') && svg.includes(drawing) && svg.endsWith('</svg>'), svg.slice(0, 200))
    }
  })
}

test.after(() => rmSync(folder, { recursive: true }))
test.run()
