import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tensor } from '../../ts/index.js'
import { crc32 } from '../../ts/io/crc32.js'
import { decodeSafetensors, encodeSafetensors } from '../../ts/io/index.js'
import { ownLine } from '../own-line.js'

const tree = {
  layers: [
    {
      w: tensor([
        [1.5, -2],
        [Number.NaN, 0],
      ]),
      mask: tensor([true, false, true]),
    },
  ],
  step: tensor(7, { dtype: 'int32' }),
  key: tensor([1, 4294967295], { dtype: 'uint32' }),
  none: tensor([], { shape: [0, 3] }),
}
const bytes = encodeSafetensors(tree, { cell: 'lstm', note: 'é "quoted"' })

const withHeader = (header: unknown, values: number[] = []): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const file = new Uint8Array(8 + text.length + values.length)
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true)
  file.set(text, 8)
  file.set(values, 8 + text.length)
  return file
}

test('what is written comes back: names, dtypes, shapes, bits and metadata', () => {
  const { tensors, metadata } = decodeSafetensors(bytes)
  assert.equal(Object.keys(tensors).sort(), ['key', 'layers.0.mask', 'layers.0.w', 'none', 'step'])
  assert.equal(tensors['layers.0.w'].toArray(), tree.layers[0].w.toArray())
  assert.equal(tensors['layers.0.mask'].toArray(), [true, false, true])
  assert.equal([tensors.step.dtype, tensors.step.shape, tensors.step.item()], ['int32', [], 7])
  assert.equal(tensors.key.toArray(), [1, 4294967295])
  assert.equal(tensors.none.shape, [0, 3])
  assert.equal(metadata, { cell: 'lstm', note: 'é "quoted"' })
  assert.equal(decodeSafetensors(encodeSafetensors({})).tensors, {})
})

test('bytes of a kind whose slices share memory, as Node’s Buffer, are read', () => {
  class SharingBytes extends Uint8Array<ArrayBuffer> {
    override slice(from?: number, to?: number): Uint8Array<ArrayBuffer> {
      return this.subarray(from, to)
    }
  }
  const { tensors } = decodeSafetensors(new SharingBytes(bytes.buffer))
  assert.equal(tensors['layers.0.w'].toArray(), tree.layers[0].w.toArray())
})

test('the layout is the format’s: values aligned, and read wherever the bytes lie in their buffer', () => {
  const header = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  assert.is(header % 8, 0)
  const shifted = new Uint8Array(bytes.length + 3)
  shifted.set(bytes, 3)
  assert.equal(decodeSafetensors(shifted.subarray(3)).tensors.key.toArray(), [1, 4294967295])
  assert.equal(encodeSafetensors(tree, { cell: 'lstm', note: 'é "quoted"' }), bytes, 'the same tree, the same bytes')
})

test('a file of another program, without a checksum, is read', () => {
  const file = withHeader({ b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, [0, 0, 128, 63])
  assert.equal(decodeSafetensors(file).tensors.b.toArray(), [1])
})

test('cut off at any byte, it is refused', () => {
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSafetensors(bytes.slice(0, length)), /safetensors: .*cut off/, `${length} bytes`)
  }
})

test('with any byte altered, a name in the header too, it is refused with a message of its own', () => {
  const sumPlace = 8 + new TextDecoder('latin1').decode(bytes.subarray(8)).indexOf('crc32')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (place, change) => {
      const altered = bytes.slice()
      altered[place] ^= change
      // Without the name of the checksum it is a file from elsewhere, which has none.
      fc.pre(place < sumPlace || place >= sumPlace + 5)
      assert.throws(() => decodeSafetensors(altered), /^safetensors: /)
    }),
    { numRuns: 500 },
  )
  const values = bytes.slice()
  values[values.length - 9] ^= 1
  assert.throws(() => decodeSafetensors(values), /altered: it does not have the checksum/)
})

test('the checksum of files written before the header was in it still counts', () => {
  const header = (sum: string) => ({
    __metadata__: { crc32: sum },
    b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
  })
  const values = [0, 0, 128, 63]
  const sum = crc32(Uint8Array.from(values))
  assert.equal(decodeSafetensors(withHeader(header(sum), values)).tensors.b.toArray(), [1])
  assert.throws(() => decodeSafetensors(withHeader(header('12345678'), values)), /altered/)
})

test('other dtypes are read as ours: halves and brain floats exactly, integers where they fit', () => {
  const one = (dtype: string, shape: number[], values: ArrayBuffer) =>
    decodeSafetensors(
      withHeader({ x: { dtype, shape, data_offsets: [0, values.byteLength] } }, [...new Uint8Array(values)]),
    ).tensors.x
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00, 0xfc00, 0x7e00, 0x8000)
  const values = [1, -2, 65504, 2 ** -24, 2 ** -14, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0]
  assert.equal(one('F16', [9], halves.buffer).toArray(), values)
  assert.equal(one('BF16', [3], Uint16Array.of(0x3f80, 0xc040, 0x0001).buffer).toArray(), [1, -3, 2 ** -133])
  assert.equal(one('F64', [2], Float64Array.of(0.1, -2).buffer).toArray(), [Math.fround(0.1), -2])
  assert.equal(one('I64', [2], BigInt64Array.of(-5n, 7n).buffer).toArray(), [-5, 7])
  assert.equal(one('I16', [1], Int16Array.of(-300).buffer).toArray(), [-300])
  assert.equal(
    [one('I8', [1], Int8Array.of(-3).buffer).item(), one('U8', [1], Uint8Array.of(200).buffer).item()],
    [-3, 200],
  )
  assert.is(one('U8', [1], Uint8Array.of(200).buffer).dtype, 'int32')
  assert.throws(() => one('I64', [1], BigInt64Array.of(2n ** 40n).buffer), /"x" holds 1099511627776, which is no int32/)
})

test('headers that contradict themselves are refused', () => {
  const one = (entry: unknown) => () => decodeSafetensors(withHeader({ x: entry }, [0, 0, 0, 0]))
  assert.throws(
    one({ dtype: 'C64', shape: [1], data_offsets: [0, 4] }),
    /"x" has dtype C64; those .* F32, I32, U32, BOOL/,
  )
  assert.throws(
    one({ dtype: 'F32', shape: [2], data_offsets: [0, 4] }),
    /shape \[2\] needs 8 bytes, the header gives it 4/,
  )
  assert.throws(one({ dtype: 'F32', shape: [-1], data_offsets: [0, 4] }), /does not describe "x"/)
  assert.throws(one({ dtype: 'F32', shape: [0], data_offsets: [0, 0] }), /4 bytes more/)
  assert.throws(one(3), /does not describe "x"/)
  const four = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
  assert.throws(() => decodeSafetensors(withHeader({ x: four, y: four }, [0, 0, 0, 0])), /overlap or leave a gap/)
  assert.throws(() => decodeSafetensors(withHeader('{nonsense')), /header is not JSON/)
  assert.throws(() => decodeSafetensors(new TextEncoder().encode('<!doctype html>...')), /not a safetensors file/)
  assert.throws(() => decodeSafetensors(withHeader({ __metadata__: { a: 1 } })), /metadata are not texts/)
})

test('what could not be read back, and what are no bytes, are refused with the line of the call', () => {
  const encode = encodeSafetensors as (...given: unknown[]) => unknown
  const decode = decodeSafetensors as (given?: unknown) => unknown
  const cases: [() => unknown, RegExp][] = [
    [() => encode(tree, { epoch: 3 }), /^encodeSafetensors: metadata are texts, and epoch is the number 3 \(/],
    [() => encode(tree, 'meta'), /^encodeSafetensors: metadata are texts by name, .*, not the string meta \(/],
    [() => encode(), /^encodeSafetensors: the tree is undefined \(/],
    [() => encode(null), /^encodeSafetensors: the tree is null \(/],
    [() => encode({ lr: 0.1 }), /^lr is a number, expected a tensor \(/],
    [
      () => decode('w.safetensors'),
      /^decodeSafetensors: the bytes are a Uint8Array .*, not the string w\.safetensors \(/,
    ],
    [() => decode(Promise.resolve(bytes)), /^decodeSafetensors: .* \(await readFile\(path\)\), not a Promise \(/],
    [() => decode(), /^decodeSafetensors: .*, not undefined \(/],
    [() => decode(bytes.subarray(0, 20)), /^safetensors: the file is cut off: .* \(/],
    [() => decode(Uint8Array.of(1)), /^safetensors: the file is cut off: .* \(/],
  ]
  for (const [call, message] of cases) {
    assert.throws(call, message)
    assert.throws(call, ownLine('safetensors'))
  }
  assert.equal(decodeSafetensors(bytes.buffer).tensors.key.toArray(), [1, 4294967295], 'an ArrayBuffer is bytes')
})

test.run()
