import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as data from '../../ts/data/index.js'
import { add, arange, argmax, cast, jit, mul, ones, random, reshape, sin, type Tensor, vmap } from '../../ts/index.js'
import { close } from '../close.js'

const key = random.key(3)
const rows = (x: Tensor) => x.toArray() as number[][]

test('the adding problem: two marks, one in each half, and the sum of what they mark', () => {
  const { x, y } = data.addingProblem(key, { batch: 50, length: 21 })
  const sums = y.toArray() as number[]
  ;(x.toArray() as number[][][]).forEach((sequence, i) => {
    const marked = sequence.flatMap(([, mark], t) => (mark === 1 ? [t] : []))
    assert.is(marked.length, 2)
    assert.ok(marked[0] < 10 && marked[1] >= 10, `${marked}`)
    assert.ok(Math.abs(sums[i] - sequence[marked[0]][0] - sequence[marked[1]][0]) < 1e-6)
    assert.ok(sequence.every(([value]) => value >= 0 && value < 1))
  })
  const error = sums.reduce((sum, value) => sum + (value - 1) ** 2, 0) / sums.length
  assert.ok(Math.abs(error - 1 / 6) < 0.1, `${error}`)
})

test('temporal order: an X or Y in the second and the sixth tenth, and the class of both', () => {
  const { ids, y } = data.temporalOrder(key, { batch: 60, length: 40 })
  const classes = y.toArray() as number[]
  rows(ids).forEach((sequence, i) => {
    const places = sequence.flatMap((id, t) => (id === 4 || id === 5 ? [t] : []))
    assert.is(places.length, 2)
    assert.ok(places[0] >= 4 && places[0] < 8 && places[1] >= 20 && places[1] < 24, `${places}`)
    assert.is(classes[i], 2 * (sequence[places[0]] - 4) + sequence[places[1]] - 4)
    assert.equal([sequence[0], sequence[39]], [6, 7])
    assert.ok(sequence.slice(1, -1).every(id => id < 6))
  })
  assert.is(new Set(classes).size, 4)
  assert.throws(() => data.temporalOrder(key, { batch: 1, length: 19 }), /at least 20, not 19/)
})

test('the copy task: what is said is said again after the sign', () => {
  const { inputs, targets } = data.copyTask(key, { batch: 5, length: 4, symbols: 3, delay: 6 })
  assert.equal(
    [inputs.shape, targets.shape],
    [
      [5, 14],
      [5, 14],
    ],
  ) // prettier-ignore
  const wanted = rows(targets)
  rows(inputs).forEach((sequence, i) => {
    assert.equal(wanted[i].slice(10), sequence.slice(0, 4))
    assert.ok(sequence.slice(0, 4).every(id => id < 3))
    assert.equal(sequence.slice(4), [3, 3, 3, 3, 3, 4, 3, 3, 3, 3])
    assert.ok(wanted[i].slice(0, 10).every(id => id === 3))
  })
  const one = data.copyTask(key, { batch: 1, length: 2, delay: 1 })
  assert.equal(rows(one.inputs)[0].slice(2), [9, 8, 8])
})

test('words of counting languages, and where they are certain', () => {
  const { inputs, targets, isCertain } = data.aNbNcN(2)
  assert.equal(
    [inputs.toArray(), targets.toArray()],
    [
      [0, 1, 1, 2, 2, 3, 3],
      [1, 1, 2, 2, 3, 3, 0],
    ],
  ) // prettier-ignore
  assert.equal(isCertain.toArray(), [true, false, false, true, true, true, true])
  assert.throws(() => data.aNbN(0), /aNbN: n is a positive integer, not 0/)
})

test('embedded Reber strings are of the grammar, of all kinds, and know what may follow', () => {
  const strings = Array.from({ length: 200 }, (_, seed) => data.embeddedReber(random.key(seed)))
  for (const { text, next } of strings) {
    assert.ok(data.isEmbeddedReber(text), text)
    assert.is(next.length, text.length - 1)
    for (const [i, symbols] of next.entries()) assert.ok(symbols.includes(text[i + 1]), `${text} at ${i}: ${symbols}`)
    assert.is(text.at(-2), text[1])
  }
  const texts = strings.map(({ text }) => text)
  assert.ok(new Set(texts).size > 50, 'of all kinds')
  const share = texts.filter(text => text[1] === 'T').length / texts.length
  assert.ok(Math.abs(share - 0.5) < 0.12, `${share} begin with T`)
  assert.is(Math.min(...texts.map(({ length }) => length)), 9)
  for (const wrong of ['', 'BTB', 'BTBPVVEPE', 'BTBPVVET', 'BTBTTETE', 'BTBPVVETEE', 'BXBPVVEXE']) {
    assert.not(data.isEmbeddedReber(wrong), wrong)
  }
})

test('images as sequences of pixels, in one order of chance for all', () => {
  const images = reshape(arange(18), [2, 3, 3])
  assert.equal(
    data.pixelSequences(images).toArray()[0 as never],
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map(x => [x]),
  )
  const [first, second] = data.pixelSequences(images, { key }).toArray() as number[][][]
  assert.equal(
    [...first.flat()].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  )
  assert.equal(
    second.flat(),
    first.flat().map(x => x + 9),
  ) // prettier-ignore
  assert.not.equal(first.flat(), [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

test('moving digits stay whole, move and turn back; a batch by vmap, compiled', () => {
  const images = mul(ones([4, 3, 2]), reshape(add(arange(4), 1), [4, 1, 1]))
  const options = { frames: 30, size: 9, count: 1, speed: 0.3 }
  const { clip, chosen } = data.movingDigits(key, images, options)
  const frames = clip.toArray() as number[][][]
  const places = frames.map(frame => {
    const lit = frame.flatMap((row, y) => row.flatMap((value, x) => (value > 0 ? [[y, x, value]] : [])))
    assert.is(lit.length, 6)
    assert.is(lit[0][2], chosen.item() + 1)
    assert.equal([lit[5][0] - lit[0][0], lit[5][1] - lit[0][1]], [2, 1])
    return lit[0]
  })
  for (const axis of [0, 1]) assert.ok(new Set(places.map(place => place[axis])).size > 2, 'it moves')
  const many = jit((keys: Tensor) => vmap((own: Tensor) => data.movingDigits(own, images, options).clip)(keys))
  const clips = many(random.bits(key, [3, 2]))
  assert.equal(clips.shape, [3, 30, 9, 9])
  assert.throws(() => data.movingDigits(key, ones([1, 9, 3]), { size: 8 }), /images of \[9, 3\] do not fit/)
})

test('a spectrum is that of the definition', () => {
  const samples = random.normal(key, [24])
  const [size, hop] = [8, 5]
  const power = data.spectrogram(samples, { size, hop })
  assert.equal(power.shape, [4, 5])
  const values = samples.data()
  const expected = Array.from({ length: 4 }, (_, f) =>
    Array.from({ length: 5 }, (_, k) => {
      let [re, im] = [0, 0]
      for (let j = 0; j < size; j++) {
        const x = values[f * hop + j] * (0.5 - 0.5 * Math.cos((2 * Math.PI * j) / size))
        re += x * Math.cos((2 * Math.PI * j * k) / size)
        im -= x * Math.sin((2 * Math.PI * j * k) / size)
      }
      return re * re + im * im
    }),
  )
  close(power, expected, 1e-5)
  assert.throws(() => data.spectrogram(samples, { size: 25 }), /24 samples do not fill a frame of 25/)
})

test('mel bands: triangles that lean on each other, with their corners on the mel scale', () => {
  const bands = data.melBands({ bands: 10, size: 512, sampleRate: 16000, low: 100, high: 7000 })
  assert.equal(bands.shape, [257, 10])
  const mel = (f: number) => 2595 * Math.log10(1 + f / 700)
  const hertz = (m: number) => 700 * (10 ** (m / 2595) - 1)
  const corners = Array.from({ length: 12 }, (_, i) => hertz(mel(100) + (i * (mel(7000) - mel(100))) / 11))
  const expected = Array.from({ length: 257 }, (_, k) => {
    const f = (k * 16000) / 512
    return Array.from({ length: 10 }, (_, b) => {
      const [left, centre, right] = corners.slice(b, b + 3)
      return Math.max(0, Math.min((f - left) / (centre - left), (right - f) / (right - centre)))
    })
  })
  close(bands, expected, 2e-4)
  assert.throws(() => data.melBands({ bands: 3, size: 8, sampleRate: 8, high: 5 }), /0 <= low < high <= 4, not 0 and 5/)
})

test('log-mel features hear which of two tones is higher, and silence is the floor', () => {
  const tone = (hertz: number) => sin(mul(cast(arange(4000), 'float32'), (2 * Math.PI * hertz) / 8000))
  const loudest = [300, 2500].map(hertz => {
    const features = data.logMel(tone(hertz), { sampleRate: 8000, bands: 20 })
    assert.equal(features.shape, [48, 20])
    return (argmax(features, 1).toArray() as number[])[20]
  })
  assert.ok(loudest[0] + 5 < loudest[1], `${loudest}`)
  const silence = data.logMel(mul(tone(1), 0), { sampleRate: 8000, bands: 20 })
  assert.ok(silence.data().every(value => Math.abs(value - Math.log(1e-6)) < 1e-5))
})

test('one key, one task, in every runtime', () => {
  assert.is(data.embeddedReber(random.key(11)).text, 'BPBTXXVPSEPE')
  const { x } = data.addingProblem(random.key(0), { batch: 1, length: 4 })
  assert.equal(
    (x.toArray() as number[][][])[0].map(([value]) => value),
    [0.8423141241073608, 0.1823786497116089, 0.22717809677124023, 0.12072563171386719],
  )
  assert.equal(data.shuffledPlaces(random.key(0), 10, arange(10)).toArray(), [0, 1, 7, 5, 3, 8, 2, 6, 9, 4])
})

test.run()
