// One measurement in this process, Node's, Deno's or Bun's: its name is the argument, the answer is JSON.
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { measurements } from './measurements.mjs'

const STATUS = '/proc/self/status'

/** The most that this process has held. */
function peak() {
  if (!existsSync(STATUS)) return process.resourceUsage().maxRSS * 1024
  return Number(readFileSync(STATUS, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) * 1024
}

const probe = () => {
  const { user, system } = process.cpuUsage()
  return { resident: process.memoryUsage().rss, peak: peak(), processor: user + system }
}
console.log(JSON.stringify(measurements[process.argv[2]](probe)))
