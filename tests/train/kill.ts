// Kills a training at random moments, and looks at what is left. By hand: node build/tests/train/kill.js 200
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseCsv } from '../../ts/data/index.js'
import { decodeSafetensors } from '../../ts/io/index.js'

const TRAINER = fileURLToPath(new URL('killed-trainer.js', import.meta.url))

/** Runs the training; with a delay it is killed so many milliseconds after its first step. True if it was. */
function train(folder: string, steps: number, delay?: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [TRAINER, folder, String(steps)], { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.once('data', () => {
      if (delay !== undefined) setTimeout(() => child.kill('SIGKILL'), delay)
    })
    child.stdout.resume()
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code !== null && code !== 0) reject(new Error(`the training ended with ${code}`))
      else resolve(signal === 'SIGKILL')
    })
  })
}

export interface Killed {
  /** Kills that hit a training that ran. */
  kills: number
  /** Temporary files that kills in the midst of a write left. */
  halfWritten: number
  /** The sums of states and history of the training that was killed, and of the one that was not. */
  sums: [string, string]
}

/** Throws if a kill leaves a checkpoint or log that cannot be read. */
export async function killAtRandom(kills: number, window = 60): Promise<Killed> {
  const [killed, straight] = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'heddle-kill-'))))
  const steps = 20 + kills * 12
  const counts = { kills: 0, halfWritten: 0 }
  try {
    for (let i = 0; i < kills; i++) {
      if (await train(killed, steps, Math.random() * window)) counts.kills++
      const names = await readdir(killed)
      counts.halfWritten += names.filter(name => name.endsWith('.tmp')).length
      const { metadata } = decodeSafetensors(await readFile(join(killed, 'checkpoint.safetensors')))
      JSON.parse(metadata.progress)
      if (names.includes('log.csv')) parseCsv(await readFile(join(killed, 'log.csv'), 'utf8'))
    }
    await train(killed, steps)
    await train(straight, steps)
    const [own, log, otherLog, other] = await Promise.all(
      [join(killed, 'sum'), join(killed, 'log.csv'), join(straight, 'log.csv'), join(straight, 'sum')].map(path =>
        readFile(path, 'utf8'),
      ),
    )
    return { ...counts, sums: [own + log, other + otherLog] }
  } finally {
    for (const folder of [killed, straight]) await rm(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { kills, halfWritten, sums } = await killAtRandom(Number(process.argv[2] ?? 200))
  const isSame = sums[0] === sums[1]
  console.log(
    `${kills} kills, ${halfWritten} of them within a write; resumed ${isSame ? 'bit for bit' : 'DIFFERENTLY'}`,
  )
  process.exitCode = isSame ? 0 : 1
}
