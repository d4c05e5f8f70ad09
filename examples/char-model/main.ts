// `npm start`: trains a character model on a text, shows how it learns, saves what it learnt.
import process from 'node:process'
import { resume, save, setAside } from './checkpoint.ts'
import type { History } from './history.ts'
import { learn } from './learn.ts'
import type { TrainState } from './model.ts'
import { type Options, parseOptions } from './options.ts'
import { progressBar } from './progress.ts'
import { loadText } from './text.ts'

async function main(): Promise<void> {
  const { options: wanted, given } = parseOptions(process.argv.slice(2))
  const before = wanted.resume ? await resume(wanted, given) : undefined
  const options: Options = before?.options ?? wanted
  const history: History = before?.history ?? { losses: [], validations: [], bigram: 0 }
  const text = await loadText(options.text)

  const interrupt = new AbortController()
  const onInterrupt = () => {
    if (interrupt.signal.aborted) process.exit(130)
    interrupt.abort()
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onInterrupt)

  let characters = ''
  let last: { state: TrainState; step: number } | undefined
  let isSetAside = before !== undefined
  const saveNow = async (): Promise<string[]> => {
    if (last === undefined) return []
    if (!isSetAside) await setAside(options.out)
    isSetAside = true
    return save(options, { ...last, characters, history })
  }
  const bar = progressBar(options.steps)
  try {
    for await (const event of learn(text, options, { left: before?.left, signal: interrupt.signal })) {
      switch (event.kind) {
        case 'start': {
          characters = event.characters
          history.bigram = event.bigram
          if (before !== undefined && before.characters !== characters) {
            throw new Error('the text is not the one that the checkpoint was trained on')
          }
          const { cell, hidden, layers, batch, length } = options
          bar.say(
            `${options.text ?? 'King James Bible'}: ${text.length} characters, ${[...characters].length} kinds\n` +
              `${layers} x ${cell} ${hidden}, ${event.parameters} parameters, batch ${batch}, length ${length}` +
              `${before === undefined ? '' : `, from step ${before.left.step}`}\n` +
              `bigram baseline ${event.bigram.toFixed(4)} nats a character\n`,
          )
          bar.start(before?.left.step ?? 0)
          break
        }
        case 'step':
          last = event.report
          history.losses.push(event.report.loss)
          bar.update(event.report)
          break
        case 'validation': {
          const { step, loss, sample } = event
          history.validations.push({ step, loss })
          const training = history.losses.at(-1)!
          bar.say(
            `step ${step}  loss ${training.toFixed(4)}  validation ${loss.toFixed(4)}  (bigram ${history.bigram.toFixed(4)})\n` +
              `${indent(sample)}\n`,
          )
          await saveNow().catch((error: Error) => bar.say(`${error.message}; training goes on`))
          break
        }
        case 'end':
          bar.stop()
          console.log(`${event.sample}\n`)
      }
    }
  } finally {
    bar.stop()
  }
  if (last === undefined) {
    if (!interrupt.signal.aborted)
      console.log(`All ${options.steps} steps were made; --resume --steps N goes on to step N.`)
    return
  }
  const paths = await saveNow()
  console.log(`Saved ${paths.join(', ')}`)
  if (interrupt.signal.aborted) {
    console.log(`Stopped at step ${last.step} of ${options.steps}; npm start -- --resume${outOf(options)} goes on.`)
  }
}

const outOf = ({ out }: Options): string => (out === 'out' ? '' : ` --out ${out}`)

const indent = (text: string): string => text.trim().replace(/^/gm, '    ')

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
