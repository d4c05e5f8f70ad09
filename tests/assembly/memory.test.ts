import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadKernels, mulberry32 } from './testing.js'

const test = suite('allocator')

test('blocks are aligned, apart from each other, and join again when all are released', () => {
  const core = loadKernels()
  const random = mulberry32(1)
  const whole = core.heapLargestFree()
  let live: { at: number; bytes: number; mark: number }[] = []
  for (let round = 0; round < 6000; round++) {
    if (live.length < 20 || (random() < 0.5 && live.length < 400)) {
      const bytes = Math.floor(random() < 0.1 ? random() * 300000 : random() * 2 ** (random() * 12))
      const at = core.heapAllocate(bytes) >>> 0
      assert.not.equal(at, 0)
      assert.is(at % 64, 0)
      const mark = 1 + (round % 255)
      new Uint8Array(core.memory.buffer, at, bytes).fill(mark)
      live.push({ at, bytes, mark })
    } else {
      const [{ at, bytes, mark }] = live.splice(Math.floor(random() * live.length), 1)
      const content = new Uint8Array(core.memory.buffer, at, bytes)
      assert.ok(content.every(byte => byte === mark))
      core.heapRelease(at)
    }
  }
  live.sort((a, b) => a.at - b.at)
  for (let i = 1; i < live.length; i++) assert.ok(live[i - 1].at + Math.max(1, live[i - 1].bytes) <= live[i].at)
  assert.ok(core.heapResident() >= live.reduce((sum, { bytes }) => sum + bytes, 0))
  for (const { at } of live) core.heapRelease(at)
  live = []
  assert.is(core.heapResident(), 0)
  assert.is(core.heapLargestFree(), core.heapCapacity() - 16)
  assert.ok(core.heapLargestFree() >= whole)
})

test('zero bytes give an address of their own', () => {
  const core = loadKernels()
  const [a, b] = [core.heapAllocate(0), core.heapAllocate(0)]
  assert.not.equal(a, 0)
  assert.not.equal(a, b)
})

test('the largest free block can be had whole, without growth', () => {
  const core = loadKernels()
  core.heapAllocate(1000)
  const pages = core.memory.buffer.byteLength
  const bytes = core.heapLargestFree()
  const at = core.heapAllocate(bytes)
  assert.not.equal(at, 0)
  assert.is(core.memory.buffer.byteLength, pages)
  core.heapRelease(at)
  assert.is(core.heapLargestFree(), bytes)
})

test('memory grows by what the free tail lacks, and the tail is reused', () => {
  const core = loadKernels()
  const first = core.heapAllocate(core.heapLargestFree() - 4096)
  const grown = core.heapAllocate(8 << 20)
  const size = core.memory.buffer.byteLength
  assert.ok(grown - first < 2 << 20)
  core.heapRelease(grown)
  assert.is(core.heapAllocate(8 << 20), grown)
  assert.is(core.memory.buffer.byteLength, size)
})

test('what memory cannot hold is refused and leaves the rest intact', () => {
  const core = loadKernels()
  const live = core.heapAllocate(100)
  new Uint8Array(core.memory.buffer, live, 100).fill(7)
  const resident = core.heapResident()
  for (const bytes of [0xffffffff, 0xffff0000]) assert.is(core.heapAllocate(bytes), 0)
  assert.is(core.heapResident(), resident)
  const half = core.heapAllocate(0x90000000) // an engine may refuse this one already
  assert.is(core.heapAllocate(0x90000000), 0)
  core.heapRelease(half)
  assert.is(core.heapResident(), resident)
  assert.ok(new Uint8Array(core.memory.buffer, live, 100).every(byte => byte === 7))
  assert.not.equal(core.heapAllocate(100), 0)
})

test('a pair of allocate and release is quick', () => {
  const core = loadKernels()
  const table = core.heapAllocate(4000)
  new Uint8Array(core.memory.buffer, table, 4000).fill(0)
  core.heapPairs(20000, 1000, table)
  const start = performance.now()
  core.heapPairs(100000, 1000, table)
  const nanoseconds = ((performance.now() - start) * 1e6) / 100000
  assert.ok(nanoseconds < 2000, `${nanoseconds} ns`)
})

test.run()
