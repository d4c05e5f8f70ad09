// The progress bar, and lines of text above it. Where the output is no terminal there are only the lines.
import process from 'node:process'
import cliProgress from 'cli-progress'
import type { Report } from 'heddle/train'

export interface Progress {
  start(step: number): void
  update(report: Report<unknown>): void
  /** A text above the bar. */
  say(text: string): void
  stop(): void
}

/** A bar over so many steps: step, loss, characters a second, time left. */
export function progressBar(steps: number): Progress {
  const plain = { start() {}, update() {}, say: (text: string) => console.log(text), stop() {} }
  if (!process.stderr.isTTY) return plain
  const format = '{bar} {value}/{total}  loss {loss}  {speed} characters/s  {left} left'
  const bars = new cliProgress.MultiBar(
    { format, hideCursor: true, clearOnComplete: false, barsize: 24, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  )
  let bar: cliProgress.SingleBar | undefined
  return {
    start(step) {
      bar = bars.create(steps, step, { loss: '-', speed: '-', left: '-' })
    },
    update({ step, loss, tokensPerSecond, secondsLeft }) {
      bar?.update(step, {
        loss: loss.toFixed(4),
        speed: Math.round(tokensPerSecond),
        left: duration(secondsLeft),
      })
    },
    say: text => (bar === undefined ? console.log(text) : bars.log(`${text}\n`)),
    stop() {
      bars.stop()
      bar = undefined
    },
  }
}

/** `1 min 20 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`
}
