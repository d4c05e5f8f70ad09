// What browsers load: runs the test files that the page's address lists, and sends what they print to the test server.
import { runFiles } from './queue.js'

/** Sends at once, also from within a long synchronous test: of a page that hangs one knows where. */
function post(path: string, text: string): void {
  const request = new XMLHttpRequest()
  request.open('POST', path, false)
  request.send(text)
}

let line = ''
function write(text: string): void {
  line += text
  if (!line.includes('\n')) return
  post('/output', line)
  line = ''
}

// uvu prints pieces of lines through the console.log that it finds; everyone else's are whole lines.
console.log = write
await import('uvu')
console.log = (...items: unknown[]) => write(`${items.map(String).join(' ')}\n`)

try {
  await runFiles(new URLSearchParams(location.search).getAll('file'))
} catch (error) {
  write(`${error instanceof Error ? `${error.message}\n${error.stack}` : error}\n`)
  post('/failed', '')
}
if (line !== '') write('\n')
post('/done', '')
