// The losses of a training, and their drawing.
import { curves } from 'heddle/plot'

export interface History {
  /** The loss of each step. */
  losses: number[]
  validations: { step: number; loss: number }[]
  bigram: number
}

/** Means of about so many steps make a curve that can be read. */
const POINTS = 200

/** The drawing of the losses so far, as SVG. */
export function lossCurve({ losses, validations, bigram }: History, size?: { width: number; height: number }): string {
  const width = Math.max(1, Math.ceil(losses.length / POINTS))
  const parts = Array.from({ length: Math.ceil(losses.length / width) }, (_, i) =>
    losses.slice(i * width, (i + 1) * width),
  )
  const end = Math.max(1, losses.length)
  return curves(
    [
      {
        name: 'training',
        xs: parts.map((part, i) => i * width + part.length / 2),
        ys: parts.map(part => part.reduce((sum, loss) => sum + loss, 0) / part.length),
      },
      { name: 'validation', xs: validations.map(({ step }) => step), ys: validations.map(({ loss }) => loss) },
      { name: 'bigram', xs: [0, end], ys: [bigram, bigram], dashed: true },
    ],
    { title: 'Character model', xLabel: 'step', yLabel: 'nats a character', ...size },
  )
}
