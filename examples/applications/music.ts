// Folk tunes: an LSTM learns which note follows, writes a tune of its own, and `--out` plays it (MIDI). Its surprise at tunes
// that it has not seen stands beside that of pairs of notes.
import { readFileSync } from 'node:fs'
import { arange, jit, random, slice, type Tensor, tensor, vmap } from 'heddle'
import { batches, encodeMidi, type Note, padSequences, splitExamples } from 'heddle/data'
import { sample } from 'heddle/decode'
import { writeFileAtomic } from 'heddle/io'
import { chain, crossEntropy, dense, embedding, lstmCell, recurrent, variationalDropout } from 'heddle/nn'
import { bigramLoss, tokenVocabulary } from 'heddle/text'
import { filesOf, round, runTask } from '../harness/task.ts'

const [EMBEDDED, UNITS, BATCH, LONGEST, VIOLIN] = [64, 192, 16, 192, 40]

// ---- from ABC to tokens: the metre, then notes as `pitch:duration`, `rest:duration`, and `|` where a bar ends ----

/** Of a quarter: sixteenths and triplets are whole numbers of it. */
const TICKS = 24
const STEPS: Record<string, number> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 }
const SHARPS = 'FCGDAEB'
const ACCIDENTALS: Record<string, number> = { '^^': 2, '^': 1, '=': 0, _: -1, __: -2 }
const ITEM =
  /(?<bar>\|)|\((?<tuplet>3)|(?<sign>\^{1,2}|_{1,2}|=)?(?<letter>[A-Ga-gz])(?<octave>[,']*)(?<times>\d*)(?<parts>\/*\d*)/g

/** How many sharps a key has, less its flats. */
function sharpsOf(key: string): number {
  const [, letter, sign, minor] = /^([A-G])([#b]?)(m?)/.exec(key) ?? ['', 'C', '', '']
  return SHARPS.indexOf(letter) - 1 + (sign === '#' ? 7 : sign === 'b' ? -7 : 0) - (minor ? 3 : 0)
}

/** By how much a letter is raised in a key. */
function raised(letter: string, sharps: number): number {
  const place = SHARPS.indexOf(letter)
  return place < sharps ? 1 : 6 - place < -sharps ? -1 : 0
}

/** `/` halves, `/4` quarters. */
const divisor = (text: string): number => (/\d/.test(text) ? Number(text.slice(1)) : 2 ** text.length)

/** The tokens of a tune, all in C or A minor: its melody, without repeats; a note that is tied to the next is there twice. */
function tokensOf(tune: string): string[] {
  const field = (name: string): string | undefined => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(tune)?.[1]
  const metre = field('M') ?? '4/4'
  const [beats, beat] = metre.split('/').map(Number)
  const [, unit = beats / beat < 0.75 ? 16 : 8] = (field('L') ?? '').split('/').filter(Boolean).map(Number)
  const sharps = sharpsOf(field('K') ?? 'C')
  const shift = 6 - ((((7 * sharps + 6) % 12) + 12) % 12)
  const body = tune
    .replace(/^[A-Z]:.*$|%.*$|"[^"]*"|\{[^}]*\}/gm, '')
    // Of notes together the highest, which is written last.
    .replace(/\[[^\]\d|]*?([\^_=]?[A-Ga-g][,']*)\]/g, '$1')
  const tokens = [metre]
  let [inBar, inTriplet] = [new Map<string, number>(), 0]
  for (const { groups } of body.matchAll(ITEM)) {
    const { bar, tuplet, sign, letter, octave, times, parts } = groups!
    if (tuplet) inTriplet = 3
    else if (bar) {
      inBar = new Map()
      if (tokens.at(-1) !== '|') tokens.push('|')
    } else {
      const share = inTriplet-- > 0 ? 2 / 3 : 1
      const duration = Math.round(((4 * TICKS) / unit) * (Number(times || 1) / divisor(parts)) * share)
      const name = letter.toUpperCase()
      const place = name + octave + letter
      if (sign) inBar.set(place, ACCIDENTALS[sign])
      const high = (letter === name ? 60 : 72) + 12 * (octave.split("'").length - octave.split(',').length)
      const pitch = high + STEPS[name] + (inBar.get(place) ?? raised(name, sharps)) + shift
      tokens.push(`${letter === 'z' ? 'rest' : pitch}:${duration}`)
    }
  }
  return tokens
}

/** Tokens as notes that sound one after the other. */
function notesOf(tokens: readonly string[]): Note[] {
  const notes: Note[] = []
  let start = 0
  for (const [pitch, ticks] of tokens.map(token => token.split(':'))) {
    const duration = Number(ticks ?? 0) / TICKS
    if (duration > 0 && pitch !== 'rest') notes.push({ start, duration, pitch: Number(pitch) })
    start += duration
  }
  return notes
}

/** An embedding, an LSTM, logits of the next token: as a layer over tunes, and token by token. */
function modelFor(size: number) {
  const cell = variationalDropout(lstmCell(UNITS), { input: 0.2, output: 0.4 })
  const [embed, hear, head] = [embedding(size, EMBEDDED), recurrent(cell), dense(size)]
  const { init, apply } = chain(embed, hear, head)
  type Params = ReturnType<typeof init>
  type Carry = ReturnType<typeof cell.initialCarry>
  return {
    init,
    apply,
    initialCarry: ([, own]: Params): Carry => cell.initialCarry(own),
    step:
      ([vectors, own, weights]: Params) =>
      (carry: Carry, token: Tensor): [Carry, Tensor] => {
        const [next, h] = cell.apply(own, carry, embed.apply(vectors, token))
        return [next, head.apply(weights, h)]
      },
  }
}

await runTask({
  name: 'music',
  about: 'Folk tunes, note by note',
  steps: 700,
  data: 'the folder ABC_cleaned of https://github.com/jukedeck/nottingham-dataset',
  out: 'tune.mid',
  async run({ key, train, data, out }) {
    const tunes = filesOf(data!, '.abc')
      .flatMap(file => readFileSync(file, 'utf8').split(/^X:/m).slice(1))
      .map(tune => tokensOf(tune).slice(0, LONGEST - 1))
    const [dealKey, modelKey, orderKey, tuneKey] = random.split(key, 4)
    const parts = splitExamples(arange(tunes.length), { train: 0.8, valid: 0.1, test: 0.1 }, { key: dealKey })
    const part = (name: keyof typeof parts) => Array.from(parts[name].data(), i => tunes[i])

    const vocabulary = tokenVocabulary(tunes, { special: ['pad', 'eos'] })
    const { pad, eos } = vocabulary.special
    /** Each begins as the one before it ended. */
    const table = (list: readonly string[][]) =>
      padSequences(
        list.map(tune => [eos, ...vocabulary.encode(tune, { eos: true }).data()]),
        { length: LONGEST + 1 },
      ).values
    const tables = { train: table(part('train')), valid: table(part('valid')), test: table(part('test')) }

    const model = modelFor(vocabulary.size)
    type Params = ReturnType<typeof model.init>
    /** Nats a token; with a key as in training. */
    const loss = (params: Params, ids: Tensor, own?: Tensor): Tensor => {
      const keys = random.bits(own ?? key, [ids.shape[0], 2])
      const one = (xs: Tensor, each: Tensor) => model.apply(params, xs, { train: own !== undefined, key: each })
      return crossEntropy(vmap(one)(slice(ids, [0, 0], [ids.shape[0], -1]), keys), slice(ids, [0, 1]), { ignore: pad })
    }
    const nats = jit((params: Params, ids: Tensor) => loss(params, ids))
    const { at } = batches(tables.train, { batch: BATCH, key: orderKey })
    const params = await train('LSTM', model.init(modelKey, { shape: [1], dtype: 'int32' }), {
      loss: (p, own, step) => loss(p, at(step), own),
      learningRate: 4e-3,
      validate: p => nats(p, tables.valid),
      every: 50,
    })

    // Of four tunes in 6/8 the one with the most notes.
    const prompt = tensor([eos, ...vocabulary.encode(['6/8']).data()], { dtype: 'int32' })
    const options = { length: LONGEST, end: eos, temperature: 0.8, topP: 0.95 }
    const write = (p: Params, own: Tensor): Tensor =>
      sample(model.step(p), model.initialCarry(p), prompt, { ...options, key: own })[1]
    const written = jit(vmap(write, [null, 0]))(params, random.bits(tuneKey, [4, 2])).toArray() as number[][]
    const made = written.map(ids => notesOf(vocabulary.decode(ids)))
    const tune = made.reduce((a, b) => (b.length > a.length ? b : a))
    await writeFileAtomic(out, encodeMidi([tune], { tempo: 160, programs: [VIOLIN] }))
    console.log(`a tune of ${tune.length} notes: ${out}`)

    const stream = (list: readonly string[][]): Tensor =>
      tensor([eos, ...list.flatMap(own => [...vocabulary.encode(own, { eos: true }).data()])], { dtype: 'int32' })
    const value = nats(params, tables.test).item()
    const plain = bigramLoss(stream(part('train')), stream(part('test')), vocabulary.size).item()
    return [{ name: 'LSTM, nats a token', value, baseline: `${round(plain)} (bigram)`, holds: value < plain }]
  },
})
