// What Node, Deno and Bun are started with: runs the test files it is given.
import { runFiles } from './queue.js'

await runFiles(process.argv.slice(2))
