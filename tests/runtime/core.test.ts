// Instantiation: at first use, or before by `init`; one instance whichever comes first.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readFile, repository } from '../platform.js'

type CoreModule = typeof import('../../ts/runtime/core.js')

/** The module as if nobody had loaded it. */
const fresh = (name: string): Promise<CoreModule> => import(`../../ts/runtime/core.js?${name}`)

/** How often the body compiles, synchronously or not. */
async function countCompilations(body: () => unknown): Promise<{ blocking: number; waiting: number }> {
  const counts = { blocking: 0, waiting: 0 }
  const { Module, compile } = WebAssembly
  WebAssembly.Module = new Proxy(Module, {
    construct(target, args) {
      counts.blocking++
      return Reflect.construct(target, args)
    },
  })
  WebAssembly.compile = source => {
    counts.waiting++
    return compile(source)
  }
  try {
    await body()
  } finally {
    WebAssembly.Module = Module
    WebAssembly.compile = compile
  }
  return counts
}

test('importing compiles nothing; the first use does, once', async () => {
  const counts = await countCompilations(async () => {
    const { core } = await fresh('first-use')
    assert.is(core(), core())
  })
  assert.equal(counts, { blocking: 1, waiting: 0 })
})

test('after init nothing blocks', async () => {
  const counts = await countCompilations(async () => {
    const { core, init } = await fresh('init')
    await init()
    const address = core().allocate(64)
    assert.is.not(address, 0)
    await init()
    assert.ok(core().resident() >= 64, 'the same instance')
  })
  assert.equal(counts, { blocking: 0, waiting: 1 })
})

test('init compiles the module that a page fetches while it arrives', async () => {
  if (WebAssembly.compileStreaming === undefined) return
  const headers = { 'Content-Type': 'application/wasm' }
  const response = new Response(await readFile(new URL('build/heddle.wasm', repository)), { headers })
  const counts = await countCompilations(async () => {
    const { core, init } = await fresh('streamed')
    await init(Promise.resolve(response))
    assert.is.not(core().allocate(64), 0)
  })
  assert.equal(counts, { blocking: 0, waiting: 0 })
})

test('an operation while init is under way wins, and its instance stays', async () => {
  const { core, init } = await fresh('race')
  const waiting = Promise.all([init(), init()])
  const early = core()
  await waiting
  assert.is(core(), early)
})

/** The sizes of a module's functions in bytes, in order. */
function functionSizes(module: Uint8Array): number[] {
  let at = 8
  const number = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = module[at++]
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
  for (;;) {
    const section = module[at++]
    const bytes = number()
    if (section !== 10) at += bytes
    else {
      return Array.from({ length: number() }, () => {
        const size = number()
        at += size
        return size
      })
    }
  }
}

test('no function is so large that compiling it takes megabytes', async () => {
  const sizes = functionSizes(await readFile(new URL('build/heddle.wasm', repository)))
  assert.ok(sizes.length > 50)
  assert.ok(Math.max(...sizes) < 8192, `the largest has ${Math.max(...sizes)} bytes`)
})

test.run()
