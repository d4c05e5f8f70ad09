// The smallest whole example runs as it stands, in Node and in Deno, and learns its poem.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { deno } from '../runtimes/processes.js'
import { root } from '../runtimes/runtime.js'

const run = (command: string, ...args: string[]): string =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8' }).stdout.replace(/ {2}[\d.]+ s /g, ' ')

let printed = ''

test('it learns the poem by heart', () => {
  printed = run(process.execPath, 'build/examples/run.js', 'lstm')
  assert.match(printed, /step 0 .* loss 3\.8/)
  assert.match(printed, /step 400 .* loss 0\.\d/)
  const recited = printed.slice(printed.lastIndexOf("'Twas"))
  assert.ok(recited.includes('The vorpal blade') || recited.includes('vorpal sword in hand'), recited)
})

test('Deno runs the TypeScript itself, and prints the same', () => {
  if (deno.find() === null) return
  const args = ['run', '--allow-all', '--quiet', 'examples/lstm.ts']
  assert.is(run(join(root, 'node_modules/.bin/deno'), ...args), printed)
})

test('an example that is not there is answered with those that are', () => {
  const { status, stderr } = spawnSync(process.execPath, ['build/examples/run.js', 'lstn'], {
    cwd: root,
    encoding: 'utf8',
  })
  assert.is(status, 1)
  assert.match(stderr, /no example "lstn"\. Examples: .*lstm/)
})

test('options, of which it has none, are refused', () => {
  const args = ['build/examples/run.js', 'lstm', '--steps', '5']
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  assert.is(status, 1)
  assert.is(stderr.trim(), 'This example takes no options, not even --steps.')
})

test.run()
