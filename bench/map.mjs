// Nanoseconds per element of every elementwise kernel on operands in the first-level cache:
// `npm run build:testing && node bench/map.mjs [name ...]`.
import { readFileSync } from 'node:fs'

const COUNT = 2048
const wasm = readFileSync(new URL('../build/testing.wasm', import.meta.url))
const core = new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports

/** The members of MapOp, from the one place where they are listed. */
function operations() {
  const format = readFileSync(new URL('../assembly/format.ts', import.meta.url), 'utf8')
  const body = format.match(/enum MapOp \{([^}]*)\}/)[1].replace(/\/\/.*|\/\*\*.*\*\//g, '')
  let next = 0
  return body.split(/[,\n]/).flatMap(member => {
    const [, name, value] = member.match(/(\w+)(?:\s*=\s*(\d+))?/) ?? []
    if (name === undefined) return []
    next = value === undefined ? next : Number(value)
    return [{ name, op: next++ }]
  })
}

function nanoseconds(work) {
  let best = Infinity
  for (let trial = 0; trial < 40; trial++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < 50; i++) work()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 50 / COUNT)
  }
  return best
}

const [a, b, c, out] = Array.from({ length: 4 }, () => core.allocate(COUNT * 4))
const wanted = process.argv.slice(2)
for (const { name, op } of operations()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const integer = /[IU]$|^[IU]32/.test(name)
  const View = integer ? Int32Array : Float32Array
  for (const at of [a, b, c]) {
    const view = new View(core.memory.buffer, at, COUNT)
    for (let i = 0; i < COUNT; i++) view[i] = integer ? 1 + ((i * 7919) % 31) : 0.01 + ((i * 7919) % 4001) / 1000
  }
  try {
    core.runOperation(op, out, a, b, c, COUNT)
  } catch {
    continue // an operation of the extension
  }
  const time = nanoseconds(() => core.runOperation(op, out, a, b, c, COUNT))
  console.log(`${name.padEnd(12)} ${time.toFixed(3)}`)
}
