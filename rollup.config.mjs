// Bundles what tsc emitted: one entry for each sub-package, shared chunks for what they share (one tensor type, one core).
import nodeResolve from '@rollup/plugin-node-resolve'

const entries = { index: 'build/ts/index.js', nn: 'build/ts/nn/index.js', optim: 'build/ts/optim/index.js' }

export default {
  input: entries,
  plugins: [nodeResolve()],
  output: { dir: 'dist', format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared-[hash].js', compact: true },
  treeshake: { moduleSideEffects: false },
}
