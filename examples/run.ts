// Runs an example by its name: `npm run example -- lstm`, `npm run example -- adding --seed 2`.
import { readdirSync } from 'node:fs'
import { explained } from './harness/task.ts'

const here = new URL('.', import.meta.url)
const files = ['', 'tasks/', 'applications/'].flatMap(folder =>
  readdirSync(new URL(folder, here))
    .filter(file => file.endsWith('.js') && file !== 'run.js')
    .map(file => folder + file),
)
const nameOf = (file: string): string => file.slice(file.indexOf('/') + 1, -'.js'.length)
const [name] = process.argv.splice(2, 1)
const file = files.find(own => nameOf(own) === name)
if (file !== undefined) {
  await import(`./${file}`).catch((error: Error) => {
    console.error(`${name}: ${explained(error)}`)
    process.exitCode = 1
  })
} else {
  console.error(
    `${name === undefined ? 'Which example?' : `There is no example "${name}".`} Examples: ${files.map(nameOf).join(', ')}`,
  )
  process.exitCode = 1
}
