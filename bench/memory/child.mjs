// One measurement in this process, Node's, Deno's or Bun's: its name is the argument, the answer is JSON.
import process from 'node:process'
import { measurements } from './measurements.mjs'

const probe = () => {
  const { user, system } = process.cpuUsage()
  return { resident: process.memoryUsage().rss, processor: user + system }
}
console.log(JSON.stringify(measurements[process.argv[2]](probe)))
