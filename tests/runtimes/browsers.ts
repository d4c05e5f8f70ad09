// Chromium (through playwright-core) and Firefox (through WebDriver BiDi): a page that runs build/tests/page.js.
import { chromium as playwright } from 'playwright-core'
import { openFirefox } from './firefox.js'
import { programPath, type Runtime, versionOf } from './runtime.js'
import { startServer, type TestServer } from './server.js'

/** A started browser. */
export interface Browser {
  /** Loads a page; what goes wrong with it is told to the server. */
  open(url: string): Promise<void>
  close(): Promise<void>
}

const browserRuntime = (
  name: string,
  path: string | null,
  start: (command: string, server: TestServer) => Promise<Browser>,
): Runtime => ({
  name,
  find: () => (path === null ? null : versionOf(path)),
  async run(files) {
    let server: TestServer | undefined
    let browser: Browser | undefined
    try {
      server = await startServer()
      browser = await start(path!, server)
      await browser.open(server.page(files))
      return await server.outcome
    } catch (error) {
      return { output: `${name}: ${error instanceof Error ? error.stack : error}\n`, ok: false }
    } finally {
      await browser?.close()
      server?.close()
    }
  },
})

/** Chromium without a window, in a new profile, that looks nothing up by itself. */
export const launchChromium = (executablePath: string) =>
  playwright.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

export async function openChromium(executablePath: string, server: TestServer): Promise<Browser> {
  const browser = await launchChromium(executablePath)
  const page = await browser.newPage()
  page.on('pageerror', error => server.fail(`page error: ${error.stack ?? error.message}`))
  page.on('crash', () => server.fail('the page crashed'))
  browser.on('disconnected', () => server.fail('the browser ended'))
  return {
    async open(url) {
      await page.goto(url, { waitUntil: 'commit' })
    },
    close: () => browser.close(),
  }
}

export const chromiumPath = programPath(process.env.CHROMIUM_PATH, 'chromium', 'chromium-browser', 'google-chrome')
export const firefoxPath = programPath(process.env.FIREFOX_PATH, 'firefox-esr', 'firefox')

export const chromium = browserRuntime('chromium', chromiumPath, openChromium)
export const firefox = browserRuntime('firefox', firefoxPath, openFirefox)
