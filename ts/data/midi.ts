// Notes as a MIDI file (MIDI Manufacturers Association 1996, "Standard MIDI Files 1.0"), which every player plays.
import { checkOptions } from '../core/options.js'
import { rangeError } from '../errors.js'

/** A note: when it begins and how long it lasts, in quarters, its pitch (60 is the middle C) and velocity (80), 0 to 127. */
export interface Note {
  start: number
  duration: number
  pitch: number
  velocity?: number
}

/** How fast the notes are played, and by what. */
export interface MidiOptions {
  /** Quarters a minute (120). */
  tempo?: number
  /** The sound of each track, 0 to 127 (0: a piano). */
  programs?: readonly number[]
}

const TICKS_PER_QUARTER = 480

/**
 * Tracks of notes as a MIDI file (format 1). Throws for a pitch or velocity outside of 0 to 127, or a time that is negative.
 * @example
 * import { encodeMidi } from 'heddle/data'
 * encodeMidi([[{ start: 0, duration: 1, pitch: 60 }, { start: 1, duration: 2, pitch: 67 }]]).length // 66
 */
export function encodeMidi(tracks: readonly (readonly Note[])[], options: MidiOptions = {}): Uint8Array<ArrayBuffer> {
  checkOptions('encodeMidi', options, { tempo: 1, programs: 1 })
  const { tempo = 120, programs = [] } = options
  if (!(tempo > 3.6 && tempo < 6e7)) throw rangeError(`encodeMidi: the tempo is in quarters a minute, not ${tempo}`)
  const micros = Math.round(60e6 / tempo)
  const tempoTrack = [0, 0xff, 0x51, 3, micros >> 16, (micros >> 8) & 255, micros & 255]
  const chunks = [tempoTrack, ...tracks.map((notes, i) => trackBytes(notes, i, programs[i] ?? 0))]
  const header = [...bigEndian(1, 2), ...bigEndian(chunks.length, 2), ...bigEndian(TICKS_PER_QUARTER, 2)]
  return Uint8Array.from([
    ...chunk('MThd', header),
    ...chunks.flatMap(events => chunk('MTrk', [...events, 0, 0xff, 0x2f, 0])),
  ])
}

function trackBytes(notes: readonly Note[], track: number, program: number): number[] {
  // Channel 10 is for drums.
  const channel = track % 15 < 9 ? track % 15 : (track % 15) + 1
  const events: { tick: number; isOn: number; pitch: number; velocity: number }[] = []
  for (const [i, { start, duration, pitch, velocity = 80 }] of notes.entries()) {
    for (const [name, value] of Object.entries({ pitch, velocity })) {
      if (Number.isInteger(value) && value >= 0 && value <= 127) continue
      throw rangeError(`encodeMidi: track ${track}, note ${i}: the ${name} is an integer in [0, 127], not ${value}`)
    }
    if (!(start >= 0 && duration >= 0)) {
      throw rangeError(`encodeMidi: track ${track}, note ${i} begins at ${start} and lasts ${duration}`)
    }
    const [from, end] = [start, start + duration].map(quarters => Math.round(quarters * TICKS_PER_QUARTER))
    // It must not end before it begins.
    const to = Math.max(end, from + 1)
    events.push({ tick: from, isOn: 1, pitch, velocity }, { tick: to, isOn: 0, pitch, velocity: 0 })
  }
  // A note that ends where the same begins ends first.
  events.sort((a, b) => a.tick - b.tick || a.isOn - b.isOn)
  let before = 0
  return [
    ...[0, 0xc0 | channel, program],
    ...events.flatMap(({ tick, isOn, pitch, velocity }) => {
      const delta = variableLength(tick - before)
      before = tick
      return [...delta, (isOn ? 0x90 : 0x80) | channel, pitch, velocity]
    }),
  ]
}

const chunk = (tag: string, bytes: number[]): number[] => [
  ...[...tag].map(letter => letter.charCodeAt(0)),
  ...bigEndian(bytes.length, 4),
  ...bytes,
]

const bigEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 255)

/** Seven bits a byte, all but the last marked. */
function variableLength(value: number): number[] {
  const bytes = [value & 127]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 127) | 128)
  return bytes
}
