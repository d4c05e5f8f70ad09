import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeIdx, decodeText, decodeWav, encodeMidi, encodeWav, gunzip } from '../../ts/data/index.js'
import { tensor } from '../../ts/index.js'
import { readFile, shared } from '../platform.js'

const idx = (type: number, shape: number[], values: number[]) =>
  Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap(size => [0, 0, size >> 8, size & 255]), ...values])

test('IDX: every type, big-endian, wherever the bytes lie', () => {
  const cases: [number, number[], number[], unknown, string][] = [
    [
      8,
      [2, 2],
      [0, 1, 128, 255],
      [
        [0, 1],
        [128, 255],
      ],
      'int32',
    ],
    [9, [2], [255, 127], [-1, 127], 'int32'],
    [11, [1], [255, 254], [-2], 'int32'],
    [12, [1], [0, 1, 0, 2], [65538], 'int32'],
    [13, [1], [0x3f, 0xc0, 0, 0], [1.5], 'float32'],
    [14, [1], [0xbf, 0xf8, 0, 0, 0, 0, 0, 0], [-1.5], 'float32'],
  ] // prettier-ignore
  for (const [type, shape, values, expected, dtype] of cases) {
    const bytes = idx(type, shape, values)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    for (const file of [bytes, shifted.subarray(3)]) {
      assert.equal([decodeIdx(file).toArray(), decodeIdx(file).dtype], [expected, dtype])
    }
  }
})

test('IDX: cut off at any byte, or with one too many, it is refused', async () => {
  const bytes = idx(8, [2, 3], [1, 2, 3, 4, 5, 6])
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => decodeIdx(bytes.slice(0, length)), /^decodeIdx/)
  assert.throws(() => decodeIdx(Uint8Array.of(...bytes, 0)), /needs 6 bytes of values, 7 are there/)
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  const file = new Uint8Array(await new Response(packed).arrayBuffer())
  assert.throws(() => decodeIdx(file), /gunzip it first/)
  assert.equal(decodeIdx(await gunzip(file)).toArray(), [
    [1, 2, 3],
    [4, 5, 6],
  ]) // prettier-ignore
  await gunzip(file.slice(0, 20)).then(
    () => assert.unreachable(),
    error => assert.match(error.message, /gunzip: the bytes are not compressed/),
  )
})

const samples = tensor([
  [0, 0.5, -1, 0.25],
  [0.75, -0.25, 0, -0.5],
])

test('WAV: what is written in any coding is read again, exactly where the levels are', () => {
  for (const bits of [8, 16, 24, 32, 'float'] as const) {
    const bytes = encodeWav({ samples, sampleRate: 44100 }, { bits })
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    const sound = decodeWav(shifted.subarray(1))
    assert.equal([sound.sampleRate, sound.samples.toArray()], [44100, samples.toArray()], `${bits}`)
  }
})

test('WAV: levels are the nearest, ties to even, and what is too loud is clipped', () => {
  const values = [0.4, -0.4, 1, -2, 0.5 / 32768, 1.5 / 32768, Number.NaN]
  const { samples: read } = decodeWav(encodeWav({ samples: tensor(values), sampleRate: 8000 }))
  assert.equal(
    [...read.data()].map(value => value * 32768),
    [13107, -13107, 32767, -32768, 0, 2, 0],
  )
})

test('WAV: other chunks are passed over, the format may be extended, the length unknown', () => {
  const bytes = encodeWav({ samples: tensor([0.5]), sampleRate: 8000 })
  const list = [0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0]
  const withList = Uint8Array.of(...bytes.slice(0, 12), ...list, ...bytes.slice(12))
  assert.equal(decodeWav(withList).samples.toArray(), [[0.5]])
  const extended = Uint8Array.of(...bytes.slice(0, 36), ...new Uint8Array(24), ...bytes.slice(36))
  extended.set([40, 0, 0, 0, 0xfe, 0xff], 16)
  extended[44] = 1
  assert.equal(decodeWav(extended).samples.toArray(), [[0.5]])
  const endless = bytes.slice()
  endless.fill(255, 40, 44)
  assert.equal(decodeWav(endless).samples.toArray(), [[0.5]])
})

test('WAV: cut off at any byte, or of another kind, it is refused', () => {
  const bytes = encodeWav({ samples, sampleRate: 8000 })
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => decodeWav(bytes.slice(0, length)), /^decodeWav/)
  const law = bytes.slice()
  law[20] = 7
  assert.throws(() => decodeWav(law), /format 7 with 16 bits and 2 channels is not read/)
  assert.throws(() => encodeWav({ samples: tensor(1), sampleRate: 1 }), /samples are float32/)
  assert.throws(() => encodeWav({ samples, sampleRate: 0.5 }), /sample rate is a positive integer/)
  assert.throws(() => encodeWav({ samples, sampleRate: 1 }, { bits: 12 as 8 }), /bits are 8, 16, 24, 32 or 'float'/)
})

test('MIDI: bytes by the standard', () => {
  const bytes = encodeMidi([
    [
      { start: 0, duration: 1, pitch: 60 },
      { start: 1, duration: 0.5, pitch: 60, velocity: 100 },
    ],
  ]) // prettier-ignore
  assert.equal(
    [...bytes],
    [
      [0x4d, 0x54, 0x68, 0x64, 0, 0, 0, 6, 0, 1, 0, 2, 1, 0xe0],
      [0x4d, 0x54, 0x72, 0x6b, 0, 0, 0, 11, 0, 0xff, 0x51, 3, 0x07, 0xa1, 0x20, 0, 0xff, 0x2f, 0],
      [0x4d, 0x54, 0x72, 0x6b, 0, 0, 0, 25, 0, 0xc0, 0],
      // On; off after 480 ticks, before the same is on again; off after 240.
      [0, 0x90, 60, 80, 0x83, 0x60, 0x80, 60, 0, 0, 0x90, 60, 100, 0x81, 0x70, 0x80, 60, 0, 0, 0xff, 0x2f, 0],
    ].flat(),
  )
  assert.throws(() => encodeMidi([[{ start: 0, duration: 1, pitch: 128 }]]), /track 0, note 0: the pitch .* not 128/)
  assert.throws(() => encodeMidi([[{ start: -1, duration: 1, pitch: 1 }]]), /note 0 begins at -1/)
  assert.throws(() => encodeMidi([], { tempo: 0 }), /the tempo is in quarters a minute, not 0/)
})

const spoken = await readFile(new URL('data/fsdd-900/recordings/0_george_0.wav', shared)).catch(() => null)
;(spoken === null ? test.skip : test)('a real recording (data that lie beside the repository)', () => {
  const sound = decodeWav(spoken!)
  assert.is(sound.sampleRate, 8000)
  assert.ok(sound.samples.shape[1] > 1000)
  const data = sound.samples.data() as Float32Array
  assert.ok(data.some(value => Math.abs(value) > 0.05) && data.every(value => Math.abs(value) <= 1))
})

test('a path or a promise in place of bytes is refused', async () => {
  const readers = { decodeText, decodeIdx, decodeWav } as unknown as Record<string, (bytes?: unknown) => unknown>
  for (const [name, read] of Object.entries(readers)) {
    const said = `^${name}: the bytes are a Uint8Array \\(await readFile\\(path\\)\\), not`
    assert.throws(() => read('a.wav'), new RegExp(`${said} the string a\\.wav \\(.+:\\d+:\\d+\\)$`))
    assert.throws(() => read(Promise.resolve()), new RegExp(`${said} a Promise \\(`))
  }
  const message = await gunzip(undefined as never).then(String, error => error.message)
  assert.match(message, /^gunzip: the bytes are a Uint8Array .*, not undefined \(/)
})

test.run()
