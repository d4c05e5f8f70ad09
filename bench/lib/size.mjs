// What a page loads: everything a library exports in one minified bundle, and its WebAssembly where it lies apart.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const here = fileURLToPath(new URL('..', import.meta.url))
const modules = `${here}node_modules`

const libraries = {
  heddle: { entries: ['../dist/index.js'], wasm: [] },
  jax: { entries: ['@jax-js/jax'], wasm: [] },
  tfjs: {
    entries: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
    wasm: [`${modules}/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm`],
  },
  ort: {
    entries: ['onnxruntime-web/wasm'],
    wasm: [`${modules}/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm`],
  },
}

const zipped = bytes => gzipSync(bytes, { level: 9 }).length / 1024

/** The bundle of some entries, minified; what they import only on demand is left out. */
async function bundle(entries) {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    stdin: { contents: entries.map((entry, i) => `export * as part${i} from '${entry}'`).join('\n'), resolveDir: here },
    bundle: true,
    minify: true,
    format: 'esm',
    splitting: true,
    platform: 'browser',
    target: 'es2022',
    outdir: 'bundle',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const needed = new Set()
  const need = name => {
    if (needed.has(name)) return
    needed.add(name)
    for (const { path, kind } of metafile.outputs[name].imports) if (kind === 'import-statement') need(path)
  }
  need(Object.keys(metafile.outputs).find(name => metafile.outputs[name].entryPoint === '<stdin>'))
  return outputFiles.filter(({ path }) => [...needed].some(name => path.endsWith(name)))
}

/** Kilobytes after gzip: `{ script, wasm }` for each system. */
export async function sizes() {
  const all = {}
  for (const [system, { entries, wasm }] of Object.entries(libraries)) {
    const files = await bundle(entries)
    all[system] = {
      script: files.reduce((sum, { contents }) => sum + zipped(contents), 0),
      wasm: wasm.reduce((sum, file) => sum + zipped(readFileSync(file)), 0),
    }
  }
  return all
}
