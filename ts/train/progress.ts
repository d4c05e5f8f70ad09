// A report as a line of text, and a bar that draws itself over it.
import { checkOptions } from '../core/options.js'
import type { Report } from './fit.js'

const duration = (seconds: number): string => {
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`
}

/**
 * A report as a line: steps, epoch, loss, the best validation, and the time left.
 * @example
 * import { progressLine, type Report } from 'heddle/train'
 * const onStep = (report: Report<unknown>) => console.log(progressLine(report))
 */
export function progressLine({ step, steps, epoch, loss, best, secondsLeft }: Omit<Report<unknown>, 'state'>): string {
  const parts = [
    `${step}/${steps}`,
    ...(epoch > 0 ? [`epoch ${epoch}`] : []),
    `loss ${loss.toFixed(4)}`,
    ...(best === null ? [] : [`best validation ${best.loss.toFixed(4)} at ${best.step}`]),
    step < steps ? `${duration(secondsLeft)} left` : 'done',
  ]
  return parts.join('  ')
}

/** Where the bar is drawn, how wide and how often. */
export interface ProgressBarOptions {
  /** Where the text goes (standard error of a terminal; nowhere where there is none). */
  write?: (text: string) => unknown
  /** Characters of the bar (24). */
  width?: number
  /** Milliseconds from one drawing to the next, at least (100). */
  interval?: number
}

/**
 * A bar for `onStep`, drawn over itself, with the line of the report behind it.
 * @example
 * import { progressBar } from 'heddle/train'
 * const options = { steps: 100, onStep: progressBar() }
 */
export function progressBar(options: ProgressBarOptions = {}): (report: Omit<Report<unknown>, 'state'>) => void {
  checkOptions('progressBar', options, { write: 1, width: 1, interval: 1 })
  const { write = terminal(), width = 24, interval = 100 } = options
  let drawn = Number.NEGATIVE_INFINITY
  return report => {
    const [now, isDone] = [performance.now(), report.step >= report.steps]
    if (now - drawn < interval && !isDone) return
    drawn = now
    const full = Math.round((width * report.step) / report.steps)
    write(`\r\u001b[2K${'█'.repeat(full)}${'░'.repeat(width - full)}  ${progressLine(report)}${isDone ? '\n' : ''}`)
  }
}

/** Standard error, if a person may be looking at it. */
function terminal(): (text: string) => unknown {
  const { process } = globalThis as { process?: { stderr?: { isTTY?: boolean; write(text: string): unknown } } }
  const stderr = process?.stderr
  return stderr?.isTTY ? text => stderr.write(text) : () => {}
}
