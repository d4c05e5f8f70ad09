// Runs an example by its name: `npm run example -- lstm`.
import { readdirSync } from 'node:fs'

const here = new URL('.', import.meta.url)
const names = readdirSync(here)
  .filter(file => file.endsWith('.js') && file !== 'run.js')
  .map(file => file.slice(0, -'.js'.length))
const name = process.argv[2]
if (names.includes(name)) await import(`./${name}.js`)
else {
  console.error(
    `${name === undefined ? 'Which example?' : `There is no example "${name}".`} Examples: ${names.join(', ')}`,
  )
  process.exitCode = 1
}
