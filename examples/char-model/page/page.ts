// The page: buttons to the worker, its news to the screen.
import { type History, lossCurve } from '../history.ts'
import type { Settings } from '../learn.ts'
import type { CellName } from '../model.ts'
import type { FromWorker, ToWorker } from './messages.ts'

const find = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E
const show = (id: string, text: string): void => {
  find(id).textContent = text
}
const [startButton, pauseButton, downloadButton] = ['start', 'pause', 'download'].map(id => find<HTMLButtonElement>(id))
const cellChoice = find<HTMLSelectElement>('cell')
const progress = find<HTMLProgressElement>('progress')

/** The settings of `npm start`; the address may give others: `?hidden=128&steps=600`. */
function settings(): Settings {
  const query = new URLSearchParams(location.search)
  const number = (name: string, usual: number): number => Number(query.get(name) ?? usual)
  return {
    cell: cellChoice.value as CellName,
    hidden: number('hidden', 256),
    layers: number('layers', 1),
    steps: number('steps', 1200),
    batch: number('batch', 32),
    length: number('length', 64),
    seed: number('seed', 1),
    temperature: number('temperature', 0.7),
  }
}

let worker: Worker | undefined
let history: History = { losses: [], validations: [], bigram: 0 }
let isPaused = false
let isDrawing = false

const tell = (message: ToWorker): void => worker?.postMessage(message)

/** Ends what runs and trains from the beginning. */
function start(): void {
  worker?.terminate()
  worker = new Worker('worker.js', { type: 'module' })
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => hear(data)
  worker.onerror = ({ message }) => show('status', message)
  history = { losses: [], validations: [], bigram: 0 }
  find('texts').replaceChildren()
  for (const id of ['step', 'loss', 'validation', 'bigram', 'speed', 'left']) show(id, '–')
  find('curve').replaceChildren()
  setPaused(false)
  startButton.textContent = 'Start again'
  pauseButton.disabled = false
  downloadButton.disabled = true
  const wanted = settings()
  progress.max = wanted.steps
  progress.value = 0
  show('status', `Reading the text for ${cellChoice.selectedOptions[0].text} ...`)
  tell({ kind: 'start', settings: wanted })
}

function setPaused(paused: boolean): void {
  isPaused = paused
  pauseButton.textContent = paused ? 'Resume' : 'Pause'
}

function hear(news: FromWorker): void {
  switch (news.kind) {
    case 'start':
      history.bigram = news.bigram
      show('bigram', news.bigram.toFixed(4))
      show('status', `Learning: ${cellChoice.selectedOptions[0].text}, ${news.parameters} parameters.`)
      break
    case 'steps':
      history.losses.push(...news.losses)
      progress.value = news.step
      show('step', String(news.step))
      show('loss', history.losses.at(-1)!.toFixed(4))
      show('speed', String(Math.round(news.tokensPerSecond)))
      show('left', `${Math.round(news.secondsLeft)} s`)
      downloadButton.disabled = false
      draw()
      break
    case 'validation':
      history.validations.push({ step: news.step, loss: news.validation })
      show('validation', news.validation.toFixed(4))
      write(
        `step ${news.step}  loss ${news.loss.toFixed(4)}  validation ${news.validation.toFixed(4)}  (bigram ${history.bigram.toFixed(4)})`,
        news.sample,
      )
      draw()
      break
    case 'sample':
      write(`step ${news.step}`, news.sample)
      break
    case 'paused':
      if (isPaused) show('status', 'Paused.')
      break
    case 'end':
      show('status', 'Learnt.')
      pauseButton.disabled = true
      write('at the end', news.sample)
      break
    case 'weights':
      save(news.bytes)
      break
    case 'error':
      show('status', news.message)
      pauseButton.disabled = true
  }
}

/** A text above those before it. */
function write(heading: string, text: string): void {
  const item = document.createElement('li')
  const small = document.createElement('small')
  small.textContent = heading
  const paragraph = document.createElement('p')
  paragraph.textContent = text.trim()
  item.append(small, paragraph)
  find('texts').prepend(item)
}

/** Draws the curve with the next frame, once however often it is asked. */
function draw(): void {
  if (isDrawing) return
  isDrawing = true
  requestAnimationFrame(() => {
    isDrawing = false
    find('curve').innerHTML = lossCurve(history)
  })
}

function save(bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  link.download = 'weights.safetensors'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

startButton.onclick = start
pauseButton.onclick = () => {
  setPaused(!isPaused)
  tell({ kind: isPaused ? 'pause' : 'resume' })
  show('status', isPaused ? 'Pausing ...' : 'Learning.')
}
downloadButton.onclick = () => tell({ kind: 'weights' })
cellChoice.onchange = () => {
  if (worker !== undefined) start()
}
const asked = new URLSearchParams(location.search).get('cell')
if ([...cellChoice.options].some(({ value }) => value === asked)) cellChoice.value = asked!
