// The packed tarball in an empty project: it works at once wherever JavaScript runs, touches nothing when imported, and
// leaves out of a bundle what the program does not use.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build, transform } from 'esbuild'
import { rollup } from 'rollup'
import { parseAst } from 'rollup/parseAst'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Start, startChromium, startFirefox, visit } from '../runtimes/browsers.js'
import { root, versionOf } from '../runtimes/runtime.js'
import { EXPECTED, makeProject, type Project } from './tarball.js'

const test = suite('tarball')
const CORE_LIMIT = 60_000

let project: Project
test.before(() => {
  project = makeProject()
})
test.after(() => project.remove())

const installed = (name: string): string => join(root, 'node_modules/.bin', name)
const commands: Record<string, string[]> = {
  node: [process.execPath],
  deno: [installed('deno'), 'run', '--allow-all', '--quiet'],
  bun: [installed('bun')],
}
const available = Object.entries(commands).filter(([, [command]]) => versionOf(command) !== null)
const entries = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
  .filter(path => !/\.\w+$/.test(path))
  .map(path => path.replace('.', 'heddle'))

test('it holds the bundle, its types, the license and nothing else', () => {
  const folder = join(project.folder, 'node_modules/heddle')
  assert.equal(
    readdirSync(folder).filter(name => !['LICENSE', 'README.md', 'dist', 'package.json'].includes(name)),
    [],
  )
  for (const name of readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })) {
    assert.not.match(name, /\.map$|test/)
  }
})

for (const [name, [command, ...flags]] of available) {
  test(`${name} runs a first program`, () => {
    assert.is(project.run(command, ...flags, 'app.js'), EXPECTED)
  })

  test(`${name} imports it without WebAssembly, as rendering on a server does`, () => {
    const imports = entries.map(path => `await import('${path}')`).join(';')
    const script = `delete globalThis.WebAssembly; ${imports}; console.log(typeof WebAssembly)`
    const file = 'render.mjs'
    writeFileSync(join(project.folder, file), script)
    assert.is(project.run(command, ...flags, file), 'undefined')
  })
}

const distOf = (path: string): string => `/node_modules/heddle/dist/${path === 'heddle' ? 'index' : path.slice(7)}.js`

test('an error that nobody catches shows a line of the code, not all of it', () => {
  const folder = join(project.folder, 'node_modules/heddle/dist')
  for (const file of readdirSync(folder).filter(name => /^(?!packed).*\.js$/.test(name))) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    // The extension is one text.
    const code = lines.filter(line => file !== 'more.js' || !/^let \w+="[^"]{9000,}"$/.test(line))
    assert.is(code.length, lines.length - (file === 'more.js' ? 1 : 0))
    const longest = Math.max(...code.map(({ length }) => length))
    assert.ok(longest < 4000, `${file} has a line of ${longest} characters`)
  }
})

for (const [name, start] of Object.entries<Start>({ chromium: startChromium, firefox: startFirefox })) {
  if (start === null) continue
  test(`a page in ${name} runs it without a bundler`, async () => {
    const imports = Object.fromEntries(entries.map(path => [path, distOf(path)]))
    const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/app.js"></script>`
    const { output, ok } = await visit(start, { folders: { '/': project.folder }, pages: { '/page': page } }, '/page')
    assert.ok(ok, output)
    assert.is(output, EXPECTED)
  })
}

/** A module of the project bundled with nothing set, as text. */
const bundlers: Record<string, (source: string) => Promise<string>> = {
  async esbuild(source) {
    const stdin = { contents: source, resolveDir: project.folder }
    const result = await build({ stdin, bundle: true, minify: true, write: false, format: 'esm', logLevel: 'error' })
    return result.outputFiles[0].text
  },
  async rollup(source) {
    const entry = {
      name: 'entry',
      resolveId: (id: string) => (id === 'entry' ? join(project.folder, 'entry.js') : null),
      load: (id: string) => (id.endsWith('entry.js') ? source : null),
    }
    const bundle = await rollup({ input: 'entry', plugins: [entry, nodeResolve()], logLevel: 'silent' })
    const { output } = await bundle.generate({ format: 'es' })
    return (await transform(output[0].code, { minify: true, format: 'esm' })).code
  },
}

/** Runs a bundle, away from the package. */
function runModule(code: string): string {
  const file = join(project.folder, 'bundle.mjs')
  writeFileSync(file, code)
  return project.run(process.execPath, file)
}

const app = (): string => readFileSync(join(project.folder, 'app.js'), 'utf8')
const zipped = (text: string): number => gzipSync(text, { level: 9 }).length
const FIVE = `import { grad, jit, matmul, tensor, tanh } from 'heddle'
console.log(jit(grad(x => tanh(matmul(x, x))))(tensor([1])).toArray()[0].toFixed(4))`

for (const [name, bundle] of Object.entries(bundlers)) {
  test(`${name} bundles a program that runs, its sub-packages on one tensor type`, async () => {
    const code = await bundle(app())
    assert.is(runModule(code), EXPECTED)
  })

  test(`${name} leaves out what is not used`, async () => {
    const five = await bundle(FIVE)
    const all = await bundle(entries.map((path, i) => `export * as p${i} from '${path}'`).join('\n'))
    const core = await bundle(`export * from 'heddle'`)
    console.log(
      `${name}: five functions ${zipped(five)}, core ${zipped(core)}, everything ${zipped(all)} bytes gzipped`,
    )
    assert.ok(zipped(five) < zipped(core) * 0.9, 'five functions are smaller than all')
    assert.ok(zipped(core) < zipped(all))
    for (const path of entries) {
      assert.is((await bundle(`import '${path}'`)).trim(), '', `nothing is left of an unused ${path}`)
      assert.is((await bundle(`import * as all from '${path}'`)).trim(), '')
    }
    assert.is(runModule(five), '0.8399')
    // Of random only what is used: esbuild keeps the namespace of heddle whole.
    const ways = ["import * as random from 'heddle/random'", "import { random } from 'heddle'"]
    for (const way of name === 'esbuild' ? ways.slice(0, 1) : ways) {
      const keys = await bundle(`${way}\nconsole.log(random.split(random.key(1))[0].shape[0])`)
      assert.ok(zipped(keys) < zipped(five), `${way}: ${zipped(keys)} bytes`)
      assert.is(runModule(keys), '2')
    }
  })
}

test('no module does anything when it is loaded, so that bundlers may leave it out', () => {
  const folder = join(root, 'build/ts')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js') || !existsSync(join(root, 'ts', name.replace(/\.js$/, '.ts')))) continue
    for (const { type } of parseAst(readFileSync(join(folder, name), 'utf8')).body) {
      assert.match(
        type,
        /^(Import|Export|Function|Class|Variable)\w*Declaration$/,
        `ts/${name} has a top-level ${type}`,
      )
    }
  }
})

/** The files that importing an entry loads, with their bytes gzipped. */
function loadedBy(path: string): Map<string, number> {
  const folder = join(project.folder, 'node_modules/heddle/dist')
  const loaded = new Map<string, number>()
  const load = (name: string): void => {
    if (loaded.has(name)) return
    const text = readFileSync(join(folder, name), 'utf8')
    loaded.set(name, zipped(text))
    for (const [, next] of text.matchAll(/\bfrom\s*["']\.\/([^"']+)["']/g)) load(next)
  }
  load(distOf(path).split('/').at(-1)!)
  return loaded
}

test('importing heddle/core loads at most 60 KB, gzipped, the WebAssembly among it', () => {
  for (const path of entries) {
    const files = loadedBy(path)
    const total = [...files.values()].reduce((sum, size) => sum + size)
    console.log(`${path}: ${total} bytes gzipped (${[...files].map(([name, size]) => `${name} ${size}`).join(', ')})`)
    if (path === 'heddle/core') {
      assert.equal([...files.keys()], ['core.js', 'packed.js'])
      assert.ok(total <= CORE_LIMIT, `${total} bytes`)
    }
  }
})

test('heddle is heddle/core and more, and both are one language', () => {
  const file = 'both.mjs'
  writeFileSync(
    join(project.folder, file),
    `import * as core from 'heddle/core'
import * as heddle from 'heddle'
const missing = Object.keys(core).filter(name => /^\\w{3,}$/.test(name) && !(name in heddle))
const { random: some, ...shared } = core
const other = Object.keys(shared).filter(name => name in heddle && shared[name] !== heddle[name])
const drawn = Object.keys(some).filter(name => some[name] !== heddle.random[name])
console.log(JSON.stringify([missing, other, drawn, heddle.sort(core.tensor([2, 1])).toArray()]))`,
  )
  assert.is(project.run(process.execPath, file), '[[],[],[],[1,2]]')
})

test.run()
