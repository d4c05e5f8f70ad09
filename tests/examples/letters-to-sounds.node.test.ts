// The example that learns how words sound runs, learns something in a few steps, and draws where it looked.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../runtimes/runtime.js'

const folder = mkdtempSync(join(tmpdir(), 'heddle-'))
const out = join(folder, 'attention.svg')
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['build/examples/run.js', 'letters-to-sounds', ...args], { cwd: root, encoding: 'utf8' })

test('a few steps are better than guesses, and the attention is drawn', () => {
  const { stdout, stderr } = run('--steps', '200', '--hidden', '32', '--test', '40', '--out', out)
  const wrong = [...stdout.matchAll(/% of phonemes wrong: ([\d.]+); baseline: [\d.]+ \(/g)]
  assert.is(wrong.length, 6, stderr)
  for (const [line, share] of wrong) assert.ok(Number(share) < 70, line)
  const drawing = readFileSync(out, 'utf8')
  assert.ok(drawing.startsWith('<svg') && drawing.includes('>letters</text>') && drawing.includes('>end</text>'))
})

test('a wrong option is answered with what is right', () => {
  const { status, stderr } = run('--steps', 'many')
  assert.is(status, 1)
  assert.match(stderr, /'many' is invalid\. It is a positive integer/)
})

test.after(() => rmSync(folder, { recursive: true }))
test.run()
