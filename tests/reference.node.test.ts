// The reference is generated from the docstrings: all that is public has one, every function has an example, and every
// example is sound TypeScript, runs as it stands there and gives what its comments say.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type * as heddle from '../ts/index.js'
import { root } from './runtimes/runtime.js'

interface Example {
  /** What the docstring stands above. */
  of: string
  file: string
  code: string
}

const folder = join(root, 'build/reference-examples')
const files = readdirSync(join(root, 'ts'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => join('ts', name))
const packages = readdirSync(join(root, 'ts'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && files.includes(join('ts', entry.name, 'index.ts')))
  .map(entry => entry.name)

/** The examples of a file: what follows `@example`, to the next tag or the end of the comment. */
function examplesOf(file: string): Example[] {
  const source = readFileSync(join(root, file), 'utf8')
  const aliases = new Map([...source.matchAll(/^export \{ (\w+) as (\w+) \}/gm)].map(([, own, name]) => [own, name]))
  const comments =
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export )?(?:async )?(?:const|function\*?|class|get|static)?\s*(\w+)/g
  return [...source.matchAll(comments)].flatMap(([, comment, of]) => {
    const lines = comment.split('\n').map(line => line.replace(/^\s*\* ?/, '').replace(/\s+$/, ''))
    return lines
      .join('\n')
      .split(/^@/m)
      .filter(tag => tag.startsWith('example'))
      .map(tag => ({
        of: aliases.get(of) ?? of,
        file,
        code: tag
          .slice('example'.length)
          .replace(/```\w*/g, '')
          .trim(),
      }))
  })
}

/** The package of a file; `''` is heddle itself. */
const packageOf = (file: string): string => packages.find(name => file.startsWith(join('ts', name, '/'))) ?? ''

/** What a package exports; `''` is heddle itself. */
const exportsOf = async (name: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(join(root, 'dist', `${name || 'index'}.js`)).href)
const exported = new Map<string, Record<string, unknown>>()
for (const name of ['', ...packages]) exported.set(name, await exportsOf(name))
const { Tensor } = exported.get('') as unknown as typeof heddle

/** Imports for the names that an example uses and does not declare: its own package's first, then heddle's. */
function importsFor({ code, file }: Example): string {
  const order = [packageOf(file), '', ...packages]
  const words = new Set(
    [...code.replace(/\/\/.*$/gm, '').matchAll(/(?<![.\w'"])([A-Za-z]\w*)\b(?!\s*:(?!:))/g)].map(([, word]) => word),
  )
  return [...words]
    .filter(word => !declares(code, word))
    .flatMap(word => {
      const from = order.find(name => word in exported.get(name)!)
      return from === undefined ? [] : [`import { ${word} } from 'heddle${from === '' ? '' : `/${from}`}'`]
    })
    .join('\n')
}

/** Whether code declares a name, by itself or in a pattern. */
function declares(code: string, word: string): boolean {
  const pattern = `[[{][^=;\\n]*\\b${word}\\b[^=;\\n]*[\\]}]\\s*(?:=|of\\b)`
  return new RegExp(`\\b(?:const|let|function)\\s+(?:${word}\\b|${pattern})|\\bimport\\b[^;\\n]*\\b${word}\\b`).test(
    code,
  )
}

/** A comment behind a line that is a JavaScript value is what the line must give. */
function withChecks(code: string): string {
  return code
    .split('\n')
    .map(line => {
      const [, statement, comment] = /^(\S.*?)\s*\/\/ (.+)$/.exec(line) ?? []
      if (statement === undefined || !isValue(comment)) return line
      const declared = /^(?:const|let) (\w+) =/.exec(statement)?.[1]
      const plain = statement.replace(/;$/, '')
      return declared === undefined ? `__check(${plain}, ${comment})` : `${statement}\n__check(${declared}, ${comment})`
    })
    .join('\n')
}

function isValue(comment: string): boolean {
  if (!/^[[{'"\d-]|^(true|false|NaN|Infinity|null)\b/.test(comment)) return false
  try {
    new Function(`return (${comment})`)
    return true
  } catch {
    return false
  }
}

/** Equal to the digits that a comment shows. */
function near(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'number' && typeof actual === 'number') {
    if (!Number.isFinite(expected)) return Object.is(actual, expected)
    return Math.abs(actual - expected) <= 6e-5 + 1e-4 * Math.abs(expected)
  }
  if (typeof expected !== 'object' || expected === null) return actual === expected
  if (typeof actual !== 'object' || actual === null) return false
  const keys = Object.keys(expected)
  return (
    keys.length === Object.keys(actual).length &&
    keys.every(key => near((actual as Record<string, unknown>)[key], (expected as Record<string, unknown>)[key]))
  )
}

const plainOf = (value: unknown): unknown => {
  if (value instanceof Tensor) return value.toArray()
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plainOf)
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plainOf(child)]))
}

const scope = globalThis as { __check?: (actual: unknown, expected: unknown) => void }
scope.__check = (actual, expected) => {
  const plain = plainOf(actual)
  assert.ok(near(plain, expected), `${JSON.stringify(plain)} is not ${JSON.stringify(expected)}`)
}

const examples = files.flatMap(examplesOf)
mkdirSync(folder, { recursive: true })
// Files that examples write stand beside them.
const before = process.cwd()
test.before(() => process.chdir(folder))
test.after(() => process.chdir(before))
examples.forEach((example, i) => {
  const path = join(folder, `${i}-${example.of}`)
  const sourceOf = (code: string) => `${importsFor(example)}\n${code}\nexport {}\n`
  writeFileSync(`${path}.ts`, sourceOf(example.code))
  test(`${relative('ts', example.file)}: the example of ${example.of}`, async () => {
    writeFileSync(
      `${path}.mjs`,
      transformSync(sourceOf(withChecks(example.code)), { loader: 'ts', format: 'esm' }).code,
    )
    await import(pathToFileURL(`${path}.mjs`).href)
  })
})

test('the examples are TypeScript without an error', () => {
  const compilerOptions = { noEmit: true, rootDir: '../..', allowUnreachableCode: true, noUnusedLocals: false }
  const include = examples.map(({ of }, i) => `${i}-${of}.ts`)
  writeFileSync('tsconfig.json', JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include }))
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc'), '-p', '.'], {
    encoding: 'utf8',
  })
  assert.is(status, 0, stdout)
})

/** The names of functions among exports, those in namespaces (`random`) too. */
const functionsOf = (values: Record<string, unknown>): string[] =>
  Object.entries(values).flatMap(([key, value]) => {
    if (typeof value === 'object' && value !== null) return functionsOf(value as Record<string, unknown>)
    return typeof value === 'function' && !/^[A-Z]|Primitive$|Laws$/.test(key) ? [key] : []
  })

test('every public function has an example', () => {
  const missing = [...exported].flatMap(([name, values]) => {
    const own = [
      ...new Set(examples.filter(({ file }) => packageOf(file) === name).map(({ of, file }) => `${of} ${file}`)),
    ]
    const functions = functionsOf(values)
    // Namespaces have names in common with what stands beside them: as many examples as functions.
    return [...new Set(functions)]
      .filter(key => own.filter(one => one.startsWith(`${key} `)).length < functions.filter(one => one === key).length)
      .map(key => `${name}.${key}`)
  })
  assert.equal(missing, [])
})

test('everything public is described, and the reference is generated', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/typedoc/bin/typedoc', '--treatWarningsAsErrors'],
    { cwd: root, encoding: 'utf8' },
  )
  assert.is(status, 0, stdout + stderr)
  // Each package has its page, and what stands in the large ones its topic.
  for (const name of packages) assert.ok(existsSync(join(root, `build/reference/modules/heddle_${name}.html`)), name)
  const topics = (page: string): string[] => {
    const html = readFileSync(join(root, `build/reference/modules/${page}.html`), 'utf8')
    return [...new Set([...html.matchAll(/data-key="section-([^"]*)"/g)].map(([, topic]) => topic))]
  }
  assert.equal(topics('heddle').slice(0, 3), ['Tensors', 'Transforms', 'Control flow'])
  assert.equal(topics('heddle').includes('Other'), false)
  assert.equal(topics('heddle_nn'), [
    'Layers',
    'Cells',
    'Convolutional networks',
    'Attention and Transformers',
    'Encoders and decoders',
    'Activations',
    'Losses',
    'Metrics',
    'Initialisers',
  ])
})

test.run()
