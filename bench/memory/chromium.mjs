// Measurements in pages of Chromium. A page asks the server, which reads /proc, what its process holds: a synchronous
// request, so that the measured job still never yields.
import { readFileSync } from 'node:fs'
import { chromiumPath, launchChromium } from '../../build/tests/runtimes/browsers.js'
import { root } from '../../build/tests/runtimes/runtime.js'
import { startServer } from '../../build/tests/runtimes/server.js'

const html = `<!doctype html><link rel="icon" href="data:,"><script type="module">
import { measurements } from '/repository/bench/memory/measurements.mjs'
const probe = () => {
  const request = new XMLHttpRequest()
  request.open('GET', '/probe', false)
  request.send()
  return JSON.parse(request.response)
}
globalThis.measure = name => measurements[name](probe)
</script>`

export const isThere = chromiumPath !== null

/** What a process holds, and its processor time in clock ticks of 10 ms. */
function read(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = name => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]) * 1024
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\)/, '').trim().split(' ')
  return {
    resident: bytes('VmRSS'),
    peak: bytes('VmHWM'),
    processor: (Number(fields[11]) + Number(fields[12])) * 10_000,
  }
}

/** The process of a page: the one that works while the page does, as there may be others in reserve. */
async function processOf(browser, page) {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const renderers = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => ({ id, used: read(id).processor }))
  await page.evaluate(() => {
    for (const start = performance.now(); performance.now() - start < 500; );
  })
  const worked = ({ id, used }) => read(id).processor - used
  return renderers.reduce((one, other) => (worked(other) > worked(one) ? other : one)).id
}

/** Runs a measurement in a browser of its own. */
export async function measure(name) {
  let pid = 0
  const pages = {
    '/memory': html,
    get '/probe'() {
      return JSON.stringify(read(pid))
    },
  }
  const server = await startServer({ folders: { '/repository/': root }, pages })
  const browser = await launchChromium(chromiumPath)
  try {
    const page = await browser.newPage()
    await page.goto(server.url('/memory'), { waitUntil: 'load' })
    pid = await processOf(browser, page)
    return await page.evaluate(chosen => globalThis.measure(chosen), name)
  } finally {
    await browser.close()
    server.close()
  }
}
