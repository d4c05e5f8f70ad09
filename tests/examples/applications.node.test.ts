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
  /** In how many of these the loss falls (all): where a stock's price goes nobody learns. */
  falling?: number
  figures?: number
  /** How long each training is, where not all are as long as is said. */
  lengths?: number[]
  data?: string
  drawing?: string
  /** What is written is music, not a drawing. */
  isMidi?: boolean
}
const APPLICATIONS: Record<string, Application> = {
  caption: { steps: 60 },
  chatbot: { steps: 60, data: beside('chatterbot-english'), drawing: '>question</text>' },
  clips: { steps: 40, trainings: 2, figures: 2 },
  entities: { steps: 60, figures: 5, data: beside('ner-wikigold/CONLL-format/data/wikigold.conll.txt') },
  'fill-in': { steps: 12 },
  intents: { steps: 200, data: beside('clinc-intents/data_small.json'), drawing: 'Attention: ' },
  music: { steps: 12, isMidi: true, data: beside('nottingham-abc') },
  names: { steps: 60, trainings: 2, figures: 2 },
  'next-word': { steps: 12 },
  sentiment: { steps: 120, drawing: 'Attention: ' },
  series: { steps: 200, trainings: 3, falling: 2, figures: 3, drawing: 'persistence' },
  'spoken-digits': { steps: 40, trainings: 2, figures: 3, data: beside('fsdd-900/recordings'), drawing: 'blank' },
  tags: { steps: 30, figures: 2 },
  trajectories: { steps: 60, trainings: 5, figures: 2, data: beside('eth-ucy') },
  transfer: { steps: 80, trainings: 10, falling: 7, figures: 2, lengths: [80, 32, 16, 16, 32, 16, 16, 32, 16, 16] },
  translation: { steps: 30, data: beside('eng-fra-5000/eng-fra.txt'), drawing: 'Attention' },
}

/** The examples that have a test of their own. */
const ELSEWHERE = ['letters-to-sounds']

test('all examples of applications are tried here', () => {
  const names = readdirSync(`${root}/examples/applications`).map(file => file.replace(/\.ts$/, ''))
  assert.equal(names.sort(), [...Object.keys(APPLICATIONS), ...ELSEWHERE].sort())
})

for (const [name, application] of Object.entries(APPLICATIONS)) {
  const { steps, trainings = 1, falling = trainings, figures = 1, data, drawing, isMidi = false } = application
  const attempt = data === undefined || existsSync(data) ? test : test.skip
  attempt(`${name}: its loss falls, and its figures stand beside those of a plain baseline`, () => {
    const out = join(folder, name)
    const writes = drawing !== undefined || isMidi
    const given = [...(writes ? ['--out', out] : []), ...(data === undefined ? [] : ['--data', data])]
    const { stdout, stderr } = run(name, '--steps', String(steps), '--seed', '3', ...given)
    const losses = [...stdout.matchAll(/loss ([\d.e-]+) -> ([\d.e-]+) in (\d+) steps/g)]
    assert.is(losses.length, trainings, stdout + stderr)
    const { lengths = losses.map(() => steps) } = application
    assert.equal(
      losses.map(([, , , made]) => Number(made)),
      lengths,
    )
    const fallen = losses.filter(([, before, after]) => Number(after) < 0.97 * Number(before))
    assert.ok(fallen.length >= falling, stdout)
    assert.is([...stdout.matchAll(/: [\d.e-]+; baseline: \d/g)].length, figures, stdout)
    assert.match(stdout, new RegExp(`^${name}, seed 3: \\d+ s of processor time$`, 'm'))
    if (drawing !== undefined) {
      const svg = readFileSync(out, 'utf8')
      assert.ok(svg.startsWith('<svg') && svg.includes(drawing) && svg.endsWith('</svg>'), svg.slice(0, 200))
    }
    if (isMidi) assert.is(readFileSync(out, 'latin1').slice(0, 4), 'MThd')
  })
}

test('files that are not there, or not what was said, are named in one line, before any training', () => {
  const nowhere = join(folder, 'nowhere')
  const wrong: [string[], RegExp][] = [
    [['tags', '--data', nowhere], /^tags: .*nowhere: there is no such file or folder\n$/],
    [['series', '--data', nowhere], /^series: .*nowhere: there is no such file or folder\n$/],
    [['translation', '--data', 'README.md'], /^translation: README\.md: there is no tab in line 1\n$/],
    [['tags', '--data', 'README.md'], /^tags: parseConll: line 11 has 1 columns.*\n$/],
    [['music', '--data', folder], /^music: .*: there is no file \*\.abc in this folder\n$/],
    [['spoken-digits', '--data', folder], /^spoken-digits: .*: there are no recordings such as 7_jackson_32\.wav/],
    [['sentiment', '--data', 'README.md'], /^sentiment: README\.md: line 1 begins with neither "1 " nor "0 "\n$/],
    [['intents', '--data', 'package.json'], /^intents: package\.json: there is no "train" or no "test" in it\n$/],
    [['series', '--out', folder], /^series: --out .* is a folder, not a file\n$/],
  ]
  for (const [args, message] of wrong) {
    const { status, stdout, stderr } = run(...args)
    assert.is(status, 1)
    assert.match(stderr, message)
    assert.not.match(stdout, /loss/)
  }
})

test('the help says whether data are a file or a folder', () => {
  const kinds = { tags: 'file', series: 'file', music: 'folder', names: 'folder' }
  for (const [name, kind] of Object.entries(kinds)) {
    assert.match(run(name, '--help').stdout, new RegExp(`--data <${kind}>  `))
  }
  assert.match(run('music').stderr, /music: --data <folder> is missing: the folder ABC_cleaned/)
})

test('the folder of a drawing is made', () => {
  const out = join(folder, 'a new/folder/series.svg')
  run('series', '--steps', '1', '--out', out)
  assert.ok(existsSync(out))
})

test.after(() => rmSync(folder, { recursive: true }))
test.run()
