// Chromium (through playwright-core) and Firefox (through WebDriver BiDi): a page that runs build/tests/page.js.
import { chromium as playwright } from 'playwright-core'
import { openFirefox } from './firefox.js'
import { type Outcome, programPath, type Runtime, versionOf } from './runtime.js'
import { type Site, startServer, type TestServer, testPath, testSite } from './server.js'

/** A started browser. */
export interface Browser {
  /** Loads a page; what goes wrong with it is told to the server. */
  open(url: string): Promise<void>
  close(): Promise<void>
}

/** Starts a browser, or null where there is none. */
export type Start = ((server: TestServer) => Promise<Browser>) | null

/** Opens one page of a site and waits for what it reports. */
export async function visit(start: NonNullable<Start>, site: Site, path: string): Promise<Outcome> {
  let server: TestServer | undefined
  let browser: Browser | undefined
  try {
    server = await startServer(site)
    browser = await start(server)
    await browser.open(server.url(path))
    return await server.outcome
  } catch (error) {
    return { output: `${error instanceof Error ? error.stack : error}\n`, ok: false }
  } finally {
    await browser?.close()
    server?.close()
  }
}

const browserRuntime = (name: string, path: string | null, start: Start): Runtime => ({
  name,
  find: () => path && versionOf(path),
  run: async files => visit(start!, await testSite(), testPath(files)),
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
const firefoxPath = programPath(process.env.FIREFOX_PATH, 'firefox-esr', 'firefox')

export const startChromium: Start = chromiumPath === null ? null : server => openChromium(chromiumPath, server)
export const startFirefox: Start = firefoxPath === null ? null : server => openFirefox(firefoxPath, server)

export const chromium = browserRuntime('chromium', chromiumPath, startChromium)
export const firefox = browserRuntime('firefox', firefoxPath, startFirefox)
