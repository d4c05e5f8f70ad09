// Node, Deno and Bun: a process that runs build/tests/worker.js.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type Runtime, root, TIME_LIMIT, versionOf } from './runtime.js'

const installed = (name: string): string => join(root, 'node_modules/.bin', name)

const processRuntime = (name: string, command: string, flags: readonly string[] = []): Runtime => ({
  name,
  find: () => versionOf(command),
  run: files =>
    new Promise(resolve => {
      const child = spawn(command, [...flags, join(root, 'build/tests/worker.js'), ...files], {
        cwd: root,
        timeout: TIME_LIMIT,
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', chunk => {
          output += chunk
        })
      }
      child.on('close', (code, signal) => {
        if (signal !== null) output += `\nended by ${signal}\n`
        resolve({ output, ok: code === 0 })
      })
    }),
})

export const node = processRuntime('node', process.execPath)
export const deno = processRuntime('deno', installed('deno'), ['run', '--allow-all', '--quiet'])
export const bun = processRuntime('bun', installed('bun'))
