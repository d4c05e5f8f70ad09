// The snippets of the README are type-checked and run as they stand there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from './runtimes/runtime.js'

const folder = join(root, 'build/readme')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code)
mkdirSync(folder, { recursive: true })

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' })

test('the snippets type-check', () => {
  assert.ok(snippets.length > 0)
  for (const [i, code] of snippets.entries()) writeFileSync(join(folder, `snippet${i}.ts`), code)
  const config = { extends: '../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { status, stdout } = run('node_modules/typescript-7/bin/tsc', '-p', folder)
  assert.is(status, 0, stdout)
})

test('the cell of the README learns', () => {
  const path = join(folder, 'snippet0.js')
  writeFileSync(path, transformSync(snippets[0], { loader: 'ts', format: 'esm' }).code)
  const { status, stdout, stderr } = run(path)
  assert.is(status, 0, stderr)
  const loss = Number(stdout.match(/loss ([\d.e-]+)/)?.[1])
  assert.ok(loss < 0.02, stdout)
})

test.run()
