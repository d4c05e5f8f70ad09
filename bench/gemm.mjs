// Times matrix multiplication in the testing build, one thread: GFLOP/s, medians.
// Build first: npm run build:testing. Arguments narrow the run: node bench/gemm.mjs 512
import { readFileSync } from 'node:fs'
import process from 'node:process'

const bytes = readFileSync(new URL('../build/testing.wasm', import.meta.url))
const core = new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports
const SCRATCH = 331776

/** Median of the rates of `run` over about a fifth of a second, after warming up. */
function rate(flops, run) {
  const repeats = Math.max(1, Math.round(2e6 / flops))
  const times = []
  const until = performance.now() + 300
  while (performance.now() < until || times.length < 9) {
    const start = performance.now()
    for (let i = 0; i < repeats; i++) run()
    times.push(performance.now() - start)
  }
  const settled = times.slice(times.length >> 2).sort((x, y) => x - y)
  return (flops * repeats) / settled[settled.length >> 1] / 1e6
}

function random(count) {
  const at = core.allocate(count * 4)
  const floats = new Float32Array(core.memory.buffer, at, count)
  for (let i = 0; i < count; i++) floats[i] = Math.random() - 0.5
  return at
}

/** Rates of one shape: B packed once, and packed at each call. */
function bench([M, K, N], layout) {
  core.release()
  const a = random(M * K)
  const b = random(K * N)
  const c = random(M * N)
  const packed = core.allocate(Math.ceil(N / 8) * K * 32)
  const scratch = core.allocate(SCRATCH)
  const [aRow, aK] = layout[0] === 'T' ? [4, M * 4] : [K * 4, 4]
  const [bK, bN] = layout[1] === 'T' ? [4, K * 4] : [N * 4, 4]
  const panels = Math.ceil(N / 8)
  const pack = () => core.pack(packed, b, K, N, K, 0, bK, N, 0, bN, 0, panels)
  const gemm = () => core.gemm(c, N * 4, a, M, 0, aRow, K, 0, aK, packed, N, K, 0, M, 0, panels, 0, scratch)
  const flops = 2 * M * N * K
  if (M === 1) {
    if (layout === 'NN') return [rate(flops, () => core.vectorNN(c, a, K, 0, 4, b, bK, K, 0, N, 0))]
    return [rate(flops, () => core.vectorNT(c, a, K, 0, 4, b, bN, K, 0, N, 0, scratch))]
  }
  pack()
  return [
    rate(flops, gemm),
    rate(flops, () => {
      pack()
      gemm()
    }),
  ]
}

const shapes = [
  [64, 64, 64],
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 512, 2048],
  [32, 256, 1024],
  [32, 128, 1024],
  [2048, 128, 1024],
  [256, 2048, 1024],
  [128, 32, 128],
  [1, 512, 2048],
]
console.log('M x K x N'.padEnd(20), 'layout', 'packed once', 'each call')
for (const shape of shapes) {
  const name = shape.join(' x ')
  if (process.argv[2] !== undefined && !name.includes(process.argv[2])) continue
  for (const layout of shape[0] === 1 ? ['NN', 'NT'] : ['NN', 'NT', 'TN']) {
    const figures = bench(shape, layout).map(figure => figure.toFixed(1).padStart(11))
    console.log(name.padEnd(20), layout.padEnd(6), ...figures)
  }
}
