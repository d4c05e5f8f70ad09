// The training, in a worker: messages are read between steps.
import { encodeSafetensors } from 'heddle/io'
import { learn, type Settings } from '../learn.ts'
import type { TrainState } from '../model.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** How often the page hears of steps. */
const NEWS_MILLISECONDS = 100

/** What is used of a worker's global scope, whose types do not stand beside those of a page. */
const scope = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void
  onmessage: (event: MessageEvent<ToWorker>) => void
}
const tell = (message: FromWorker): void => scope.postMessage(message)

let last: { state: TrainState; settings: Settings; characters: string } | undefined
let whilePaused: Promise<void> | undefined
let goOn = () => {}

async function train(settings: Settings): Promise<void> {
  const text = await (await fetch('text.txt')).text()
  let characters = ''
  let losses: number[] = []
  let lastLoss = Number.NaN
  let told = 0
  let tellSteps = () => {}
  for await (const event of learn(text, settings)) {
    if (event.kind === 'start') {
      characters = event.characters
      tell({ kind: 'start', bigram: event.bigram, parameters: event.parameters })
    } else if (event.kind === 'step') {
      const { state, step, loss, tokensPerSecond, secondsLeft } = event.report
      last = { state, settings, characters }
      losses.push(loss)
      lastLoss = loss
      tellSteps = () => {
        if (losses.length > 0) tell({ kind: 'steps', losses, step, tokensPerSecond, secondsLeft })
        losses = []
        told = performance.now()
      }
      if (performance.now() - told > NEWS_MILLISECONDS) tellSteps()
      if (whilePaused !== undefined) {
        tellSteps()
        tell({ kind: 'paused' })
        await whilePaused
      }
    } else if (event.kind === 'validation') {
      tellSteps()
      const { step, loss, sample } = event
      tell({ kind: 'validation', step, loss: lastLoss, validation: loss, sample })
    } else tell(event)
  }
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'start':
      train(data.settings).catch((error: Error) => tell({ kind: 'error', message: error.message }))
      break
    case 'pause':
      whilePaused ??= new Promise(resolve => {
        goOn = resolve
      })
      break
    case 'resume':
      whilePaused = undefined
      goOn()
      break
    case 'weights': {
      if (last === undefined) break
      const { cell, hidden, layers } = last.settings
      const metadata = { cell, hidden: String(hidden), layers: String(layers), characters: last.characters }
      const bytes = encodeSafetensors(last.state.params, metadata)
      scope.postMessage({ kind: 'weights', bytes }, [bytes.buffer])
    }
  }
}
