// Bundles what tsc emitted: an entry for each sub-package in package.json above few files that they share (one tensor
// type, one core), so that a page without a bundler and a cold start load little: core.js has what heddle/core reaches,
// more.js what only the others do, and the packed WebAssembly of each stands beside it.
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { rollup } from 'rollup'
import { minify } from 'terser'

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))

/** `./nn` is built from build/ts/nn/index.js, `./core` from build/ts/core.js, `.` from build/ts/index.js. */
const entries = Object.fromEntries(
  Object.keys(exports)
    .filter(path => !/\.\w+$/.test(path))
    .map(path => {
      const name = path === '.' ? 'index' : path.slice(2)
      const file = `build/ts/${name}.js`
      return [name, existsSync(new URL(file, import.meta.url)) ? file : `build/ts/${name}/index.js`]
    }),
)

const PURE = '/*@__PURE__*/'

/**
 * Marks the calls that initialise top-level constants as pure, and objects that spread others: no module has side effects,
 * but inside a bundle a user's bundler cannot know that `const add = elementwise({...})` may go when nothing uses it.
 */
function annotatePure(code, program) {
  const marks = []
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration') continue
    for (const { init } of declaration.declarations) {
      const calls = []
      findCalls(init, calls)
      marks.push(...calls.map(at => [at, PURE]))
      // Only a call can be marked.
      if (init?.properties?.some(({ type }) => type === 'SpreadElement'))
        marks.push([init.start, `${PURE}(()=>(`], [init.end, '))()'])
    }
  }
  let marked = code
  for (const [at, mark] of marks.sort(([a], [b]) => b - a)) marked = marked.slice(0, at) + mark + marked.slice(at)
  return marked
}

/** Adds the places of all calls that run when the expression is evaluated, not of those inside functions. */
function findCalls(node, places) {
  if (node === null || typeof node !== 'object' || /Function|Class/.test(node.type)) return
  if (node.type === 'CallExpression' || node.type === 'NewExpression') places.push(node.start)
  for (const child of Object.values(node)) for (const item of [child].flat()) findCalls(item, places)
}

/** For rollup itself: it leaves out what only tests use. */
const pure = {
  name: 'pure',
  transform(code) {
    return { code: annotatePure(code, this.parse(code)), map: null }
  },
}

const shrink = {
  name: 'shrink',
  async renderChunk(chunk, { name }) {
    const code = name === 'more' ? textLast(chunk, this.parse(chunk)) : chunk
    const lets = constToLet(code, this.parse(code))
    const first = await minify(lets, { module: true, ecma: 2020, compress, mangle: { reserved: letters } })
    const second = { parse: { module: true }, compress: false, mangle: { module: false }, format }
    const { code: minified } = await minify(first.code, second)
    // The long text on a line of its own, too.
    const small = minified.replace(/\}(let \w+="[^"]{9000})/, '}\n$1')
    return { code: annotatePure(small, this.parse(small)), map: null }
  },
}

/** A statement a line: Node shows the line that an error nobody catches was thrown in above its message. */
const format = { semicolons: false }

/** Ternaries and sequences save characters but break up what gzip would find again. */
const compress = {
  passes: 3,
  keep_fargs: false,
  conditionals: false,
  sequences: false,
  lhs_constants: false,
  pure_getters: true,
}

/** No top-level name is one letter: those are for the names inside functions, which so are the same in each. */
const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_']

/** The one long text behind all other code, whose compression it spoils the least there. */
function textLast(code, { body }) {
  const text = body.find(node => node.type === 'VariableDeclaration' && node.end - node.start > 9000)
  if (text === undefined || body.at(-1).type !== 'ExportNamedDeclaration')
    throw new Error('more.js: no text, or no exports')
  const [{ start, end }, { start: exports }] = [text, body.at(-1)]
  return `${code.slice(0, start)}${code.slice(end, exports)}${code.slice(start, end)}\n${code.slice(exports)}`
}

/** `let` is one of the commonest words anyhow. */
function constToLet(code, program) {
  const places = []
  const visit = node => {
    if (node === null || typeof node !== 'object') return
    if (node.type === 'VariableDeclaration' && node.kind === 'const') places.push(node.start)
    for (const child of Object.values(node)) for (const item of [child].flat()) visit(item)
  }
  visit(program)
  let result = code
  for (const at of places.sort((a, b) => b - a)) result = `${result.slice(0, at)}let${result.slice(at + 5)}`
  return result
}

/** What only the package's own files import from one another keeps the name that it has where it is made: names twice. */
const sameNames = {
  name: 'same-names',
  generateBundle(_options, bundle) {
    const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk')
    const split = list => list.split(',').map(item => item.split(' as '))
    const join = pairs =>
      pairs.map(([from, to]) => (to === undefined || to === from ? from : `${from} as ${to}`)).join()
    for (const chunk of chunks) {
      const given = new Set(chunk.isEntry ? this.getModuleInfo(chunk.facadeModuleId).exports : [])
      const renamed = new Map()
      chunk.code = chunk.code.replace(/export\{([^}]*)\};?\s*$/, (_all, list) => {
        const pairs = split(list).map(([from, to = from]) => {
          if (given.has(to) || given.has(from)) return [from, to]
          renamed.set(to, from)
          return [from]
        })
        return `export{${join(pairs)}};`
      })
      if (renamed.size === 0) continue
      for (const other of chunks) {
        const users = new RegExp(`(import|export)\\{([^}]*)\\}from"\\./${chunk.fileName.replace('.', '\\.')}"`, 'g')
        other.code = other.code.replace(users, (_all, word, list) => {
          const pairs = split(list).map(([from, to = from]) => [renamed.get(from) ?? from, to])
          return `${word}{${join(pairs)}}from"./${chunk.fileName}"`
        })
      }
    }
  },
}

/**
 * `random` of heddle is heddle/random itself: of an object in another's file a bundler would leave out nothing, and with
 * `random.key` a program would have the kernels that `random.permutation` sorts with.
 */
const namespaces = {
  name: 'namespaces',
  resolveId: (source, importer) =>
    source === './random.js' && importer?.endsWith(entries.index) ? { id: 'random', external: true } : null,
}

/** The core as a file of its own, for pages that stream it. */
const shipCore = {
  name: 'ship-core',
  writeBundle: () =>
    copyFileSync(new URL('build/heddle.wasm', import.meta.url), new URL('dist/heddle.wasm', import.meta.url)),
}

const treeshake = { moduleSideEffects: false }

// Rules of primitives name one another (the derivative of log is a division): inside functions, where cycles are no harm.
function onwarn(warning, report) {
  if (warning.code !== 'CIRCULAR_DEPENDENCY') report(warning)
}

/** The modules of which heddle/core needs something. */
async function coreModules() {
  const bundle = await rollup({ input: entries.core, plugins: [pure], treeshake, onwarn })
  const { output } = await bundle.generate({ format: 'es' })
  return new Set(output.flatMap(({ modules }) => Object.keys(modules).filter(id => modules[id].renderedLength > 0)))
}
const inCore = await coreModules()

export default {
  input: entries,
  preserveEntrySignatures: 'allow-extension',
  plugins: [namespaces, pure, shrink, sameNames, shipCore],
  output: {
    dir: 'dist',
    paths: { random: './random.js' },
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // The entries would import the packed core bare, of which bundlers warn: it has no side effects.
    hoistTransitiveImports: false,
    // The packed core is a file of its own, since its characters and the code's spoil each other's compression; the
    // extension is not, since each file costs a start a millisecond.
    manualChunks: id =>
      id.endsWith('core-wasm.js')
        ? 'packed'
        : inCore.has(id) || id.endsWith(entries.core)
          ? 'core'
          : /build\/ts\/(core|compiler|ops|runtime|transforms)\//.test(id)
            ? 'more'
            : null,
  },
  treeshake,
  onwarn,
}
