// `npm run test:package`: the tarball with the bundlers that are too slow for every test run, webpack and Vite, nothing
// set in either. Vite's development server is tried as well: it bundles each import of a package by itself.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Start, startChromium, visit } from '../runtimes/browsers.js'
import { root } from '../runtimes/runtime.js'
import { EXPECTED, makeProject, type Project } from './tarball.js'

const test = suite('bundlers')
const { dependencies } = JSON.parse(readFileSync(join(root, 'tests/package/package.json'), 'utf8'))

let project: Project
test.before(() => {
  project = makeProject(dependencies)
})
test.after(() => project.remove())

const binary = (name: string): string => join(project.folder, 'node_modules/.bin', name)

/** Opens what a bundler made in a browser, where there is one. */
async function look(folder: string, page: string): Promise<void> {
  const start: Start = startChromium
  if (start === null) return console.log('chromium was not found: built, not run')
  const { output, ok } = await visit(start, { folders: { '/': folder } }, page)
  assert.ok(ok, output)
  assert.is(output, EXPECTED)
}

test('webpack', () => {
  mkdirSync(join(project.folder, 'src'))
  cpSync(join(project.folder, 'app.js'), join(project.folder, 'src/index.js'))
  project.run(binary('webpack'), '--mode', 'production', '--output-path', 'webpack')
  assert.is(project.run(process.execPath, 'webpack/main.js'), EXPECTED)
})

test('vite build', async () => {
  project.run(binary('vite'), 'build', '--outDir', 'vite')
  await look(join(project.folder, 'vite'), '/index.html')
})

test('vite, rendering on a server', () => {
  project.run(binary('vite'), 'build', '--ssr', 'app.js', '--outDir', 'ssr')
  assert.is(project.run(process.execPath, 'ssr/app.js'), EXPECTED)
})

/** What Vite's development server says its address is. */
function address(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    server.stdout!.on('data', chunk => {
      said += chunk
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes
      const found = said.replace(/\u001b\[\d+m/g, '').match(/http:\/\/[\w.]+:\d+/)
      if (found !== null) resolve(found[0])
    })
    server.on('exit', code => reject(new Error(`vite ended with ${code}:\n${said}`)))
  })
}

test('vite, developing', async () => {
  if (startChromium === null) return
  const server = spawn(binary('vite'), ['--host', '127.0.0.1'], { cwd: project.folder })
  try {
    const modules = await fetch(`${await address(server)}/app.js`).then(response => response.text())
    assert.match(modules, /node_modules\/\.vite\/deps\/heddle/)
  } finally {
    server.kill()
  }
})

test.run()
