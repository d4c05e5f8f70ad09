// Every function that takes options refuses those that it does not have, and what is no object of options.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor } from '../ts/index.js'
import { heddleRows } from './options/heddle.js'
import { nnRows } from './options/nn.js'
import { packageRows } from './options/packages.js'
import type { Rows } from './options/rows.js'
import { root } from './runtimes/runtime.js'

const table = { ...heddleRows, ...nnRows, ...packageRows }

/** Objects that are what a function works on. */
const exempt = new Set(['data.numericColumns', 'nn.readState', 'train.progressLine'])

/** Functions whose mistakes are told by another's name. */
const spokenFor: Record<string, string> = { valueAndGrad: 'grad' }

/** What the function at a path says of these options, by its own name; `fit` does at its first step. */
async function refusal(path: string, call: Rows[string], options: unknown): Promise<string> {
  let message = ''
  try {
    await call(options)
  } catch (error) {
    message = (error as Error).message
  }
  const name = message.slice(0, message.indexOf(':'))
  assert.ok(name === spokenFor[path] || `.${path}`.endsWith(`.${name}`), `${path} says ${JSON.stringify(message)}`)
  return message
}

for (const [path, call] of Object.entries(table)) {
  test(`${path} refuses options that it does not have`, async () => {
    assert.match(
      await refusal(path, call, { nonsense: 1 }),
      /^\w[\w.]*: there is no option nonsense; the options are \{ \w+.* \} \(.+\)$/,
    )
    for (const wrong of [null, 7, [1], tensor(1), 'axis']) {
      assert.match(
        await refusal(path, call, wrong),
        /^\w[\w.]*: .+ is given in place of options; the options are \{ \w+.* \} \(.+\)$/,
      )
    }
  })
}

/** Exported functions with a parameter for options, as `nn.dense`: one of that name, or one that is taken apart. */
function functionsWithOptions(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entries = Object.entries<{ types?: string }>(exports).flatMap(([path, { types }]) =>
    types === undefined || path === './core' ? [] : [{ prefix: path.slice(2), file: join(root, types) }],
  )
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true },
  )
  const checker = program.getTypeChecker()
  const own = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  const takesOptions = (parameter: ts.Symbol): boolean =>
    parameter.name === 'options' ||
    (parameter.valueDeclaration !== undefined &&
      ts.isParameter(parameter.valueDeclaration) &&
      ts.isObjectBindingPattern(parameter.valueDeclaration.name))
  const visit = (prefix: string, symbol: ts.Symbol): string[] =>
    checker.getExportsOfModule(symbol).flatMap(exported => {
      const path = prefix === '' ? exported.name : `${prefix}.${exported.name}`
      const target = own(exported)
      if (target.flags & ts.SymbolFlags.ValueModule) return visit(path, target)
      if (!(target.flags & ts.SymbolFlags.Value)) return []
      const signatures = checker.getTypeOfSymbol(target).getCallSignatures()
      return signatures.some(({ parameters }) => parameters.some(takesOptions)) ? [path] : []
    })
  return entries.flatMap(({ prefix, file }) =>
    visit(prefix, checker.getSymbolAtLocation(program.getSourceFile(file)!)!),
  )
}

test('every function that takes options has its row', () => {
  assert.equal(
    functionsWithOptions().filter(path => !(path in table) && !exempt.has(path)),
    [],
  )
})

test.run()
