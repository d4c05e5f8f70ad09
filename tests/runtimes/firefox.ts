// Firefox, driven by the few commands of WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/) that opening a page takes.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { Browser } from './browsers.js'
import type { TestServer } from './server.js'

const START_LIMIT = 60_000

/** Long tests are not questioned, and nothing is looked up by itself. */
const preferences: Record<string, boolean | number | string> = {
  'dom.max_script_run_time': 0,
  'dom.ipc.processHangMonitor': false,
  'app.update.disabledForTesting': true,
  'browser.safebrowsing.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.enabled': false,
}

interface Message {
  id?: number
  type: 'success' | 'error' | 'event'
  result?: Record<string, unknown>
  message?: string
  method?: string
  params?: { level?: string; text?: string }
}

/** Resolves with the address that Firefox says it listens on. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`firefox does not listen:\n${said}`)), START_LIMIT)
    child.stderr!.on('data', chunk => {
      said += chunk
      const address = said.match(/WebDriver BiDi listening on (ws:\/\/\S+)/)?.[1]
      if (address === undefined) return
      clearTimeout(timer)
      resolve(address)
    })
    child.on('exit', code => reject(new Error(`firefox ended with ${code}:\n${said}`)))
  })
}

/** A connection that sends commands and waits for their answers. */
async function connect(address: string, onEvent: (message: Message) => void) {
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  const waiting = new Map<number, (message: Message) => void>()
  socket.on('message', data => {
    const message = JSON.parse(String(data)) as Message
    if (message.id !== undefined) waiting.get(message.id)?.(message)
    else onEvent(message)
  })
  let last = 0
  const send = (method: string, params: object): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, message => {
        waiting.delete(id)
        if (message.type === 'success') resolve(message.result!)
        else reject(new Error(`${method}: ${message.message}`))
      })
      socket.send(JSON.stringify({ id, method, params }))
    })
  return { send, close: () => socket.close() }
}

/** Firefox without a window, in a new profile. */
export async function openFirefox(command: string, server: TestServer): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'heddle-firefox-'))
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`)
  writeFileSync(join(profile, 'user.js'), lines.join('\n'))
  const child = spawn(command, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const remove = (): void => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  try {
    const session = await connect(`${await listening(child)}/session`, ({ method, params }) => {
      if (method === 'log.entryAdded' && params?.level === 'error') server.fail(`page error: ${params.text}`)
    })
    child.on('exit', () => server.fail('the browser ended'))
    await session.send('session.new', { capabilities: {} })
    await session.send('session.subscribe', { events: ['log.entryAdded'] })
    const { contexts } = (await session.send('browsingContext.getTree', {})) as { contexts: { context: string }[] }
    return {
      async open(url) {
        await session.send('browsingContext.navigate', { context: contexts[0].context, url, wait: 'none' })
      },
      async close() {
        const ended = new Promise(resolve => child.once('exit', resolve))
        await session.send('browser.close', {}).catch(() => child.kill())
        session.close()
        await ended
        remove()
      },
    }
  } catch (error) {
    child.kill('SIGKILL')
    remove()
    throw error
  }
}
