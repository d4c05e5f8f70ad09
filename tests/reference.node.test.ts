// The reference is generated from the docstrings: all that is public has one, every function has an example, and every
// example runs as it stands there and gives what its comments say.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
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
  const comments =
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export )?(?:async )?(?:const|function\*?|class|get|static)?\s*(\w+)/g
  return [...source.matchAll(comments)].flatMap(([, comment, of]) => {
    const lines = comment.split('\n').map(line => line.replace(/^\s*\* ?/, '').replace(/\s+$/, ''))
    return lines
      .join('\n')
      .split(/^@/m)
      .filter(tag => tag.startsWith('example'))
      .map(tag => ({
        of,
        file,
        code: tag
          .slice('example'.length)
          .replace(/```\w*/g, '')
          .trim(),
      }))
  })
}

/** What a package exports; `''` is heddle itself. */
const exportsOf = async (name: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(join(root, 'dist', `${name || 'index'}.js`)).href)
const exported = new Map<string, Record<string, unknown>>()
for (const name of ['', ...packages]) exported.set(name, await exportsOf(name))
const { Tensor } = exported.get('') as unknown as typeof heddle

/** Imports for the names that an example uses and does not declare: its own package's first, then heddle's. */
function importsFor({ code, file }: Example): string {
  const own = packages.find(name => file.startsWith(join('ts', name, '/'))) ?? ''
  const order = [own, '', ...packages]
  const words = new Set(
    [...code.replace(/\/\/.*$/gm, '').matchAll(/(?<![.\w'"])([A-Za-z]\w*)\b(?!\s*:(?!:))/g)].map(([, word]) => word),
  )
  return [...words]
    .filter(word => !new RegExp(`\\b(?:const|let|function|import)\\b[^=;\\n]*\\b${word}\\b`).test(code))
    .flatMap(word => {
      const from = order.find(name => word in exported.get(name)!)
      return from === undefined ? [] : [`import { ${word} } from 'heddle${from === '' ? '' : `/${from}`}'`]
    })
    .join('\n')
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
    return Object.is(actual, expected) || Math.abs(actual - expected) <= 6e-5 + 1e-4 * Math.abs(expected)
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
examples.forEach((example, i) => {
  test(`${relative('ts', example.file)}: the example of ${example.of}`, async () => {
    const path = join(folder, `${i}-${example.of}.mjs`)
    const source = `${importsFor(example)}\n${withChecks(example.code)}\n`
    writeFileSync(path, transformSync(source, { loader: 'ts', format: 'esm' }).code)
    await import(pathToFileURL(path).href)
  })
})

test('every public function has an example', () => {
  const shown = new Set(examples.map(({ of }) => of))
  const missing = [...exported].flatMap(([name, values]) =>
    Object.entries(name === '' ? { ...values, ...(values.random as object) } : values)
      .filter(([key, value]) => typeof value === 'function' && !shown.has(key) && !/^[A-Z]|Primitive$|Laws$/.test(key))
      .map(([key]) => (name === '' ? key : `${name}.${key}`)),
  )
  assert.equal(missing, [])
})

test('everything public is described, and the reference is generated', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/typedoc/bin/typedoc', '--treatWarningsAsErrors'],
    { cwd: root, encoding: 'utf8' },
  )
  assert.is(status, 0, stdout + stderr)
})

test.run()
