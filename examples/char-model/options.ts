// What can be said on the command line. A wrong option is answered with what is right.
import { Command, InvalidArgumentError, Option } from 'commander'
import { CELLS, type CellName } from './model.ts'

export interface Options {
  /** A file to learn from, instead of the King James Bible. */
  text?: string
  cell: CellName
  hidden: number
  layers: number
  steps: number
  batch: number
  length: number
  seed: number
  temperature: number
  prompt?: string
  out: string
  resume: boolean
}

/** The options that a checkpoint settles: they are what they were when its training began. */
export const SETTLED = ['text', 'cell', 'hidden', 'layers', 'batch', 'length', 'seed'] as const

/** The options and the names of those that were given. Ends the process, with a message, where one is wrong. */
export function parseOptions(argv: readonly string[]): { options: Options; given: Set<string> } {
  const command = new Command('npm start --')
    .description('Trains a character model on a text, with a progress bar, and lets it write.')
    .option('--text <file>', 'a text to learn from (the King James Bible)')
    .addOption(new Option('--cell <name>', 'the recurrent cell').choices(Object.keys(CELLS)).default('lstm'))
    .option('--hidden <units>', 'units of each cell', count, 256)
    .option('--layers <number>', 'cells one above the other', count, 1)
    .option('--steps <number>', 'training steps', count, 1200)
    .option('--batch <number>', 'places of the text that are read side by side', count, 32)
    .option('--length <characters>', 'characters that gradients go back through', count, 64)
    .option('--seed <integer>', 'one seed, one result', integer, 1)
    .option('--temperature <number>', 'of the samples: 0 the likeliest, 1 as the model says', temperature, 0.7)
    .option('--prompt <text>', 'what samples begin with')
    .option('--out <folder>', 'where weights, checkpoint and curve are saved', 'out')
    .option('--resume', 'take up the training that was saved in the folder', false)
    .allowExcessArguments(false)
    .showHelpAfterError('(npm start -- --help shows all options)')
    .parse(argv, { from: 'user' })
  const options = command.opts<Options>()
  const given = Object.keys(options).filter(name => command.getOptionValueSource(name) === 'cli')
  return { options, given: new Set(given) }
}

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

function temperature(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('It is a number from 0 up.')
  }
  return value
}
