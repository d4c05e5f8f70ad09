// The core inside the package is the core that was compiled, byte for byte.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { coreBytes, coreBytesLater } from '../../ts/runtime/decode.js'
import { readFile, repository } from '../platform.js'

for (const [name, decode] of Object.entries({ coreBytes, coreBytesLater })) {
  test(`the embedded text decodes to the compiled core: ${name}`, async () => {
    const compiled = await readFile(new URL('build/heddle.wasm', repository))
    const decoded = await decode()
    assert.is(decoded.length, compiled.length)
    assert.ok(decoded.every((byte, i) => byte === compiled[i]))
  })
}

test.run()
