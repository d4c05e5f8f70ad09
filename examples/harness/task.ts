// What the examples of examples/tasks and examples/applications share: options, training with a progress bar, and the
// closing lines, each of which holds a figure against the one that was published, or against a plain baseline.
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { cast, div, mul, random, sub, type Tensor, type Tree, valueAndGrad } from 'heddle'
import { adam, applyUpdates, chain, clipByGlobalNorm, type Optimizer } from 'heddle/optim'
import { finish, fit, progressBar } from 'heddle/train'

/** What came out, and what stands beside it. */
export type Figure = {
  /** What was measured. */
  name: string
  value: number
  /** Whether the value is as good as what stands beside it. */
  holds: boolean
} & Beside

/** The published figure (or the bar that it sets) and where it stands, or what a plain baseline reaches on the same data. */
type Beside = { published: string; baseline?: never } | { baseline: string; published?: never }

export interface Training<P> {
  /** The loss (a scalar) at a step: a batch follows from the key, which is new in each, or from the number. */
  loss: (params: P, key: Tensor, step: Tensor) => Tensor
  /** The learning rate of the first step; it falls along a line, to 0 at the end. */
  learningRate: number
  /** The norm that gradients are clipped to (1). */
  clip?: number
  /** How many steps this training has (as many as the command line says). */
  steps?: number
  /** What takes the place of Adam on clipped gradients, given the learning rate at each step. */
  optimizer?: (rate: (step: Tensor) => Tensor) => Optimizer
  /** The loss on examples that are not learnt from, each `every` steps: the best parameters are kept. */
  validate?: (params: P) => Tensor
  every?: number
}

/** What a task is given. */
export interface Run {
  /** Everything random follows from it. */
  key: Tensor
  steps: number
  /** The file or folder given with `--data`. */
  data?: string
  /** The file that a drawing is written to. */
  out: string
  /** Trains parameters with Adam, and returns them. */
  train<P extends Tree>(name: string, params: P, training: Training<P>): Promise<P>
}

export interface Task {
  name: string
  about: string
  /** Training steps, unless `--steps` says otherwise. */
  steps: number
  /** What `--data` is, for a task that cannot do without. */
  data?: string
  /** What `--data` may be, for a task that has data of its own. */
  otherData?: string
  /** The name of what is drawn in the folder `out`, unless `--out` says otherwise. */
  out?: string
  run(run: Run): Promise<Figure[]>
}

/** Runs a task as the command line says, and prints its figures. */
export async function runTask({ name, about, steps, data, otherData, out, run }: Task): Promise<void> {
  const kind = /^(a|the) folder /.test(data ?? otherData ?? '') ? 'folder' : 'file'
  const command = new Command(`npm run example -- ${name}`)
    .description(about)
    .option('--steps <number>', 'training steps', count, steps)
    .option('--seed <integer>', 'one seed, one result', integer, 1)
    .addOption(described(`--data <${kind}>`, data ?? otherData))
    .addOption(
      described('--out <file>', out && (out.endsWith('.mid') ? 'the tune' : 'the drawing')).default(
        out === undefined ? '' : join('out', out),
      ),
    )
    .allowExcessArguments(false)
  const options = command.parse(process.argv).opts<{ steps: number; seed: number; data?: string; out: string }>()

  if (data !== undefined && options.data === undefined) command.error(`${name}: --data <${kind}> is missing: ${data}`)

  if (out !== undefined) prepareOut(options.out)
  console.log(about)
  report(name, options.seed, await run({ ...options, key: random.key(options.seed), train: trainer(options) }))
}

/** Makes the folder of what is written in the end: where that cannot be, it is better known before training. */
export function prepareOut(out: string): void {
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`--out ${out} is a folder, not a file`)
  mkdirSync(dirname(out), { recursive: true })
}

/** The paths of a folder's files with names that end so, by name; there is one at least. */
export function filesOf(folder: string, ending: string): string[] {
  const files = readdirSync(folder).filter(name => name.endsWith(ending))
  if (files.length === 0) throw new Error(`${folder}: there is no file *${ending} in this folder`)
  return files.sort().map(name => join(folder, name))
}

/**
 * What went wrong: one line where a file is not there or not what was said, which the command line can mend; anything else
 * is a mistake in the example, with its stack.
 */
export function explained(error: NodeJS.ErrnoException, argv: readonly string[] = process.argv): string {
  if (error.code === 'ENOENT') return `${error.path}: there is no such file or folder`
  const isMendable = error.code !== undefined || argv.some(word => /^--(data|text|out)\b/.test(word))
  return isMendable ? error.message : (error.stack ?? error.message)
}

/** An option that all tasks take, and those show that use it. */
const described = (flags: string, about?: string): Option =>
  new Option(flags, about ?? 'used by other tasks').hideHelp(about === undefined)

/** The closing lines: figures, each beside its bar, and what they took. Parents that listen are sent them. */
export function report(name: string, seed: number, figures: Figure[]): void {
  const { user, system } = process.cpuUsage()
  const seconds = (user + system) / 1e6
  for (const figure of figures) console.log(describe(figure))
  console.log(`${name}, seed ${seed}: ${seconds.toFixed(0)} s of processor time`)
  process.send?.({ figures, seconds })
}

/** `LSTM, mean squared error: 0.0009; published: below 0.04 (...)`. */
const describe = (figure: Figure): string =>
  `${figure.name}: ${round(figure.value)}; ${beside(figure)}${figure.holds ? '' : '  <-- not reached'}`

/** `published: below 0.04 (...)` or `baseline: 0.86 (...)`. */
export const beside = ({ published, baseline }: Figure): string =>
  published === undefined ? `baseline: ${baseline}` : `published: ${published}`

/** `LSTM: loss 0.17 -> 0.0009 in 500 steps`. */
export const describeLosses = (name: string, losses: readonly number[]): string =>
  `${name}: loss ${round(losses[0])} -> ${round(mean(losses.slice(-20)))} in ${losses.length} steps`

/** Four digits that count. */
export const round = (value: number): string => String(Number(value.toPrecision(4)))

/** What training changes from step to step. */
interface TrainState<P> {
  params: P
  optimizer: unknown
}

function optimizerFor({ learningRate, clip = 1, optimizer }: Training<never>, steps: number): Optimizer {
  const rate = (step: Tensor): Tensor => mul(learningRate, sub(1, div(cast(step, 'float32'), steps)))
  return optimizer?.(rate) ?? (chain(clipByGlobalNorm(clip), adam(rate)) as Optimizer)
}

const trainer = ({ steps: all, seed }: { steps: number; seed: number }): Run['train'] => {
  const key = random.foldIn(random.key(seed), 1)
  return async function train<P extends Tree>(name: string, params: P, training: Training<P>) {
    const { steps = all } = training
    const optimizer = optimizerFor(training, steps)
    const step = (state: TrainState<P>, number: Tensor): [TrainState<P>, Tensor] => {
      const [loss, gradients] = valueAndGrad(training.loss)(state.params, random.foldIn(key, number), number)
      const [updates, next] = optimizer.update(gradients, state.optimizer)
      return [{ params: applyUpdates(state.params, updates), optimizer: next }, loss]
    }
    const losses: number[] = []
    const bar = progressBar()
    const { validate, every } = training
    const { state } = await finish(
      fit(
        step,
        { params, optimizer: optimizer.init(params) },
        {
          steps,
          every,
          ...(validate === undefined ? {} : { validate: (own: TrainState<P>) => validate(own.params) }),
          onStep(report) {
            losses.push(report.loss)
            bar(report)
          },
        },
      ),
    )
    console.log(describeLosses(name, losses))
    return state.params
  }
}

const mean = (numbers: number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length

function integer(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It is an integer.')
  return value
}

function count(text: string): number {
  const value = integer(text)
  if (value < 1) throw new InvalidArgumentError('It is at least 1.')
  return value
}
