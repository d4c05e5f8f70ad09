import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32 } from '../../ts/io/crc32.js'

test('the known check value', () => {
  assert.is(crc32(new TextEncoder().encode('123456789')), 'cbf43926')
  const [begin, end] = ['12345', '6789'].map(text => new TextEncoder().encode(text))
  assert.is(crc32(begin, end), 'cbf43926')
  assert.is(crc32(new Uint8Array()), '00000000')
})

test.run()
