// The second module: loaded by the first program that needs it, once, into the memory of the first.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode, State, Status } from '../../assembly/format.js'
import { argsort, jit, matmul, sort, tensor } from '../../ts/index.js'
import { unpacked } from '../../ts/runtime/decode.js'
import { ENTRIES } from '../../ts/runtime/extension.js'
import { size, text } from '../../ts/runtime/extension-wasm.js'
import { instruction, makeMachine } from '../assembly/assembler.js'
import { loadKernels } from '../assembly/testing.js'
import { readFile, repository } from '../platform.js'

const bytesOf = (name: string) => readFile(new URL(`build/${name}.wasm`, repository))

/** How many modules the body makes. */
function countModules(body: () => unknown): number {
  const { Module } = WebAssembly
  let count = 0
  WebAssembly.Module = new Proxy(Module, {
    construct(target, args) {
      count++
      return Reflect.construct(target, args)
    },
  })
  try {
    body()
  } finally {
    WebAssembly.Module = Module
  }
  return count
}

test('the first program that needs it loads it, with the unpacker, and no other', () => {
  const x = tensor([3, 1, 2])
  matmul(x, x)
  assert.is(
    countModules(() => jit((a: typeof x) => matmul(a, a))(x)),
    0,
  )
  assert.is(
    countModules(() => assert.equal(sort(x).toArray(), [1, 2, 3])),
    2,
  )
  assert.is(
    countModules(() => assert.equal(argsort(x).toArray(), [1, 2, 0])),
    0,
  )
})

test('the embedded text decodes to the compiled extension', async () => {
  assert.equal(unpacked({ size, text }), await bytesOf('extension'))
})

test('it imports the memory alone and exports what the table is filled with', async () => {
  const module = await WebAssembly.compile(await bytesOf('extension'))
  assert.equal(WebAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }])
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function')
  assert.equal(functions.map(({ name }) => name).sort(), [...ENTRIES].sort())
})

/** First and last address of what a module writes to memory when it is instantiated over zeros. */
async function written(name: string): Promise<[first: number, last: number]> {
  const memory = new WebAssembly.Memory({ initial: 16 })
  const { instance } = await WebAssembly.instantiate(await bytesOf(name), { env: { memory } })
  const own = instance.exports.memory as WebAssembly.Memory
  const words = new Uint8Array(own.buffer)
  return [words.findIndex(Boolean), words.findLastIndex(Boolean)]
}

test('its constants lie below those of the core, which lie below the heap', async () => {
  const [extension, core] = [await written('extension'), await written('heddle')]
  assert.ok(extension[0] >= 1024)
  assert.ok(extension[1] < core[0], `${extension} and ${core}`)
  const { instance } = await WebAssembly.instantiate(await bytesOf('heddle'))
  const { allocate } = instance.exports as { allocate(bytes: number): number }
  assert.ok(allocate(64) > core[1])
})

test('its opcodes are unknown to a core that has not loaded it, those behind them to every core', async () => {
  const { instance } = await WebAssembly.instantiate(await bytesOf('heddle'))
  const bare = instance.exports as unknown as ReturnType<typeof loadKernels>
  for (const core of [bare, loadKernels()]) {
    const machine = makeMachine(core)
    machine.load(instruction((Opcode.GemmViews + ENTRIES.length - 1) as Opcode, 0))
    assert.is(machine.run(), Status.BadInstruction)
    assert.is(machine.get(State.Counter), 0)
  }
  const machine = makeMachine(bare)
  for (const opcode of [
    Opcode.GemmViews,
    Opcode.Pool,
    Opcode.OverlapAdd,
    Opcode.Sort,
    Opcode.Cumulate,
    Opcode.Attention,
    Opcode.Standardize,
  ]) {
    machine.load(instruction(opcode, 0))
    assert.is(machine.run(), Status.BadInstruction)
  }
})

test.run()
