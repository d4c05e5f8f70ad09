// The server that browsers get tests from: built modules, an import map for packages, files to read, and an ear for
// what the page reports.
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, sep } from 'node:path'
import { build } from 'esbuild'
import { type Outcome, root, TIME_LIMIT } from './runtime.js'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
}

/** The names of packages that built modules import. */
function importedPackages(): string[] {
  const names = new Set<string>()
  for (const folder of ['build/tests', 'build/ts', 'build/bench']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.js') || file.endsWith('.node.test.js') || /^(runtimes|run\.js)/.test(file)) continue
      const text = readFileSync(join(root, folder, file), 'utf8')
      for (const [, name] of text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*['"]([^'"]+)['"]/g)) {
        if (!/^(\.|\/|node:)/.test(name)) names.add(name)
      }
    }
  }
  return [...names].sort()
}

/** Bundles the packages for browsers; the import map that names them. */
async function importMap(): Promise<string> {
  const outdir = join(root, 'build/browser')
  mkdirSync(outdir, { recursive: true })
  const names = importedPackages()
  const fileOf = (name: string): string => name.replace(/[^\w-]+/g, '_')
  await build({
    entryPoints: names.map(name => ({ in: name, out: fileOf(name) })),
    absWorkingDir: root,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    logLevel: 'error',
  })
  return JSON.stringify({
    imports: Object.fromEntries(names.map(name => [name, `/repository/build/browser/${fileOf(name)}.js`])),
  })
}

export interface TestServer {
  /** The address that a path of the server has. */
  url(path: string): string
  /** How the page's run ended; settles when it says so, when `fail` was called, or when time is up. */
  readonly outcome: Promise<Outcome>
  /** Ends the run as failed. */
  fail(reason: string): void
  close(): void
}

/** What a server shows: folders under their paths (`/repository/`), and pages. */
export interface Site {
  readonly folders: Readonly<Record<string, string>>
  readonly pages?: Readonly<Record<string, string>>
}

/** The site of the tests: `/tests?file=...` runs them; `shared` lies beside the repository, as on disk. */
export async function testSite(): Promise<Site> {
  const page = `<!doctype html><meta charset="utf-8"><title>heddle</title><link rel="icon" href="data:,">
<script type="importmap">${await importMap()}</script>
<script type="module" src="/repository/build/tests/page.js"></script>`
  return { folders: { '/repository/': root, '/shared/': join(root, '../shared/') }, pages: { '/tests': page } }
}

/** The path of the page that runs these test files. */
export const testPath = (files: readonly string[]): string =>
  `/tests?${new URLSearchParams(files.map(file => ['file', file]))}`

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

/** A page, a file, or the names in a folder as JSON; null where there is nothing. */
function contentAt({ folders, pages }: Site, path: string): { type: string; body: Buffer | string } | null {
  const page = pages?.[path]
  if (page !== undefined) return { type: types['.html'], body: page }
  const prefix = Object.keys(folders).find(folder => path.startsWith(folder))
  if (prefix === undefined) return null
  const file = join(folders[prefix], decodeURIComponent(path.slice(prefix.length)))
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) return null
  if (stats.isDirectory() && file.endsWith(sep)) {
    return { type: types['.json'], body: JSON.stringify(readdirSync(file).sort()) }
  }
  return stats.isFile() ? { type: types[extname(file)] ?? 'text/plain', body: readFileSync(file) } : null
}

/** Starts a server on a free local port. */
export async function startServer(site: Site): Promise<TestServer> {
  let output = ''
  let ok = true
  let settle: (outcome: Outcome) => void
  const outcome = new Promise<Outcome>(resolve => {
    settle = resolve
  })
  const finish = (): void => settle({ output, ok })
  const fail = (reason: string): void => {
    ok = false
    output += `\n${reason}\n`
    finish()
  }

  const server: Server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://local')
    // Isolated pages get exact clocks and shared memory.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    response.setHeader('Cache-Control', 'no-store')
    if (request.method === 'POST') {
      const body = await bodyOf(request)
      if (pathname === '/output') output += body
      if (pathname === '/failed') ok = false
      if (pathname === '/done') finish()
      response.end()
      return
    }
    const content = contentAt(site, pathname)
    if (content === null) {
      response.writeHead(404).end()
      return
    }
    response.setHeader('Content-Type', content.type)
    response.end(content.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const timer = setTimeout(() => fail(`no end after ${TIME_LIMIT / 60_000} minutes`), TIME_LIMIT)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: path => `${origin}${path}`,
    outcome,
    fail,
    close() {
      clearTimeout(timer)
      server.closeAllConnections()
      server.close()
    },
  }
}
