// The core inside the package is the core that was compiled, byte for byte.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { coreBytes } from '../../ts/runtime/decode.js'
import { readFile, repository } from '../platform.js'

test('the embedded text decodes to the compiled core', async () => {
  const compiled = await readFile(new URL('build/heddle.wasm', repository))
  const decoded = coreBytes()
  assert.is(decoded.length, compiled.length)
  assert.ok(decoded.every((byte, i) => byte === compiled[i]))
})

test.run()
