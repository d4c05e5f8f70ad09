// `npm run page`: bundles the page and its worker, and serves them with the text, on this machine only.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { build } from 'esbuild'
import { loadText } from '../text.ts'

// This file runs as build/examples/char-model/page/serve.js; page and style are sources.
const sources = new URL('../../../../examples/char-model/page/', import.meta.url)

const { text, port } = new Command('npm run page --')
  .description('Serves the page on which a character model learns.')
  .option('--text <file>', 'a text to learn from (the King James Bible)')
  .option('--port <number>', 'where to listen; 0 takes a free port', toPort, 8080)
  .allowExcessArguments(false)
  .showHelpAfterError('(npm run page -- --help shows all options)')
  .parse()
  .opts<{ text?: string; port: number }>()

function toPort(given: string): number {
  const value = Number(given)
  if (!Number.isInteger(value) || value < 0 || value > 65535) {
    throw new InvalidArgumentError('A port is an integer from 0 to 65535.')
  }
  return value
}

const bundle = async (name: string): Promise<Uint8Array> => {
  const entryPoints = [fileURLToPath(new URL(`${name}.ts`, sources))]
  const result = await build({ entryPoints, bundle: true, format: 'esm', target: 'es2022', write: false })
  return result.outputFiles[0].contents
}

const source = (name: string) => readFile(new URL(name, sources))

async function main(): Promise<void> {
  const files: Record<string, { type: string; body: string | Uint8Array }> = {
    '/': { type: 'text/html', body: await source('index.html') },
    '/page.css': { type: 'text/css', body: await source('page.css') },
    '/page.js': { type: 'text/javascript', body: await bundle('page') },
    '/worker.js': { type: 'text/javascript', body: await bundle('worker') },
    '/text.txt': { type: 'text/plain', body: await loadText(text) },
  }
  const server = createServer((request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://localhost').pathname]
    if (file === undefined) {
      response.writeHead(404).end('There is nothing here.')
      return
    }
    response.writeHead(200, {
      'content-type': `${file.type}; charset=utf-8`,
      'cache-control': 'no-cache',
      // All that heddle asks of a strict policy is 'wasm-unsafe-eval'.
      'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:",
    })
    response.end(file.body)
  })
  server.on('error', (error: NodeJS.ErrnoException) => {
    const isTaken = error.code === 'EADDRINUSE'
    console.error(isTaken ? `port ${port} is taken: npm run page -- --port 0 takes a free one` : error.message)
    process.exitCode = 1
  })
  server.listen(port, '127.0.0.1', () => {
    const address = server.address()
    console.log(`http://localhost:${typeof address === 'object' ? address?.port : port}`)
  })
}

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
