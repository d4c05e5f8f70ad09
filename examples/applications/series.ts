// A weather and a stock, one day ahead: a recurrence beside persistence, which says that tomorrow is as today. The weather of
// tomorrow follows in part from that of today, and so does how restless a stock is; where its price goes does not, and the
// figures say so. With `--data`, a series of your own stands beside them. `--out` is a drawing of the last days of the weather.
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  add,
  arange,
  at,
  cast,
  cos,
  div,
  equal,
  expandDims,
  greater,
  jit,
  log,
  mean,
  mul,
  random,
  sin,
  slice,
  sqrt,
  square,
  squeeze,
  stack,
  sub,
  type Tensor,
  take,
  vmap,
  zerosLike,
} from 'heddle'
import { numericColumns, parseCsv } from 'heddle/data'
import { writeFileAtomic } from 'heddle/io'
import { chain, dense, gruCell, type Mode, meanAbsoluteError, recurrent, variationalDropout } from 'heddle/nn'
import { curves } from 'heddle/plot'
import { type Figure, type Run, round, runTask } from '../harness/task.ts'

/** A window of so many days is learnt from at once; what is said in its first days, of which little was seen, does not count. */
const [UNITS, BATCH, WINDOW, BEGUN] = [32, 32, 60, 20]
/** The share of the days that is learnt from, and that up to which others say when to stop; the rest is the test. */
const [LEARNT, HELD] = [0.55, 0.75]

interface Series {
  name: string
  /** What is known on each day [N, D]. */
  known: Tensor
  /** What is to be said of each day [N], and what persistence says of it. */
  tomorrow: Tensor
  persistence: Tensor
  /** By how large a share an error may be above that of persistence (0), where nobody is expected to do better. */
  slack?: number
}

// ---- the series ----

/** A file of the package vega-datasets: the columns asked for, one tensor [N] each. */
async function columns(file: string, names: readonly string[]): Promise<Tensor[]> {
  const path = new URL(`../data/${file}`, import.meta.resolve('vega-datasets'))
  const table = numericColumns(parseCsv(await readFile(path, 'utf8')), names)
  return names.map((_, i) => at(table, i, 1))
}

/** Of each day but the last, and of each day but the first. */
const todays = (x: Tensor): Tensor => slice(x, [0], [-1])
const tomorrows = (x: Tensor): Tensor => slice(x, [1])

/** A series from what is known on each day, and from one of these, of which that of the next day is to be said. */
const ahead = (name: string, known: readonly Tensor[], wanted: Tensor): Series => ({
  name,
  known: stack(known.map(todays), 1),
  tomorrow: tomorrows(wanted),
  persistence: todays(wanted),
})

async function temperatures(): Promise<Series> {
  const weather = await columns('seattle-weather.csv', ['temp_max', 'temp_min', 'precipitation', 'wind'])
  const turn = mul(cast(arange(weather[0].size), 'float32'), (2 * Math.PI) / 365.25)
  return ahead('highest temperature in Seattle, °C', [...weather, sin(turn), cos(turn)], weather[0])
}

async function stocks(): Promise<Series[]> {
  const [high, low, close, volume] = await columns('sp500-2000.csv', ['high', 'low', 'adjclose', 'volume'])
  const change = mul(100, log(div(tomorrows(close), todays(close))))
  const range = mul(100, log(div(tomorrows(high), tomorrows(low))))
  const traded = log(tomorrows(volume))
  const known = [change, range, log(range), traded]
  const prices = ahead('change of the S&P 500, %', known, change)
  return [
    // The price of today again is no change. To be as good as that is all that one can hope for.
    { ...prices, persistence: zerosLike(prices.tomorrow), slack: 0.02 },
    ahead('range of the S&P 500, %', known, range),
  ]
}

/** The last column of a CSV. */
async function ownSeries(file: string): Promise<Series> {
  const table = parseCsv(await readFile(file, 'utf8'))
  const values = at(numericColumns(table, table.columns.slice(-1)), 0, 1)
  return ahead(basename(file, '.csv'), [values], values)
}

// ---- the model: by how much tomorrow differs from what persistence says ----

const model = chain(recurrent(variationalDropout(gruCell(UNITS), { state: 0.4, output: 0.4 })), dense(1))
type Params = ReturnType<typeof model.init>

/** Trains a model, and says what it says of the days of the test. */
async function forecast({ name, known, tomorrow, persistence, slack = 0 }: Series, { key, train }: Run) {
  const [learnt, held, days] = [LEARNT, HELD, 1].map(share => Math.floor(share * known.shape[0]))
  if (learnt <= WINDOW)
    throw new RangeError(`${name}: a series of ${days} is too short: ${WINDOW} are learnt from at once`)
  const part = (x: Tensor, from: number, to: number): Tensor => take(x, arange(from, to))
  const difference = sub(tomorrow, persistence)
  // Nothing is taken from later days, not even means.
  const deviation = (x: Tensor): Tensor => sqrt(mean(square(x), { axis: 0 }))
  const centre = mean(part(known, 0, learnt), { axis: 0 })
  const centred = sub(known, centre)
  const inputs = div(centred, deviation(part(centred, 0, learnt)))
  const scale = deviation(part(difference, 0, learnt))
  const targets = div(difference, scale)

  const say = (p: Params, xs: Tensor, mode?: Mode): Tensor => squeeze(model.apply(p, xs, mode), -1)
  const params = await train(name, model.init(key, { shape: [WINDOW, known.shape[1]] }), {
    loss(p, own) {
      const [placeKey, maskKey] = random.split(own)
      const starts = random.randint(placeKey, [BATCH], 0, learnt - WINDOW)
      const places = add(expandDims(starts, 1), arange(WINDOW))
      const one = (xs: Tensor, each: Tensor) => say(p, xs, { train: true, key: each })
      const said = vmap(one)(take(inputs, places), random.bits(maskKey, [BATCH, 2]))
      const counted = (x: Tensor): Tensor => slice(x, [0, BEGUN])
      return meanAbsoluteError(counted(said), counted(take(targets, places)))
    },
    learningRate: 3e-3,
    validate: jit((p: Params) =>
      meanAbsoluteError(part(say(p, part(inputs, 0, held)), learnt, held), part(targets, learnt, held)),
    ),
    every: 50,
  })
  // One run over all days: the state has seen the days before the test.
  const tested = (x: Tensor): Tensor => part(x, held, days)
  const said = add(persistence, mul(say(params, inputs), scale))
  const error = (x: Tensor): number => meanAbsoluteError(tested(x), tested(tomorrow)).item()
  const [value, plain] = [error(said), error(persistence)]
  const note = slack === 0 ? 'persistence' : `persistence; as good to within ${100 * slack} % is all that is expected`
  const figure: Figure = {
    name: `${name}, mean error`,
    value,
    baseline: `${round(plain)} (${note})`,
    holds: value < plain * (1 + slack),
  }
  return { figure, said: tested(said), truth: tested(tomorrow), persistence: tested(persistence) }
}
type Forecast = Awaited<ReturnType<typeof forecast>>

/** Percent of days on which it went up where that was said, or down; and of those on which it went up. */
function directions({ said, truth }: Forecast): [number, number] {
  const isUp = (x: Tensor): Tensor => greater(x, 0)
  const share = (x: Tensor): number => 100 * mean(cast(x, 'float32')).item()
  return [share(equal(isUp(said), isUp(truth))), share(isUp(truth))]
}

/** The last hundred days of the test. */
function drawing(title: string, { said, truth, persistence }: Forecast): string {
  const last = (x: Tensor): Float32Array => (x.data() as Float32Array).slice(-100)
  const list = [
    { name: 'as it was', ys: last(truth) },
    { name: 'forecast', ys: last(said) },
    { name: 'persistence', ys: last(persistence), dashed: true },
  ]
  return curves(list, { title, xLabel: 'day', yLabel: '°C', width: 960 })
}

await runTask({
  name: 'series',
  about: 'Tomorrow: the temperature of Seattle and the S&P 500, beside persistence',
  steps: 1000,
  otherData: 'a series to predict as well: CSV whose last column is a number',
  out: 'series.svg',
  async run(run) {
    const own = run.data === undefined ? [] : [await ownSeries(run.data)]
    const weather = await temperatures()
    const forecasts: Forecast[] = []
    for (const series of [weather, ...(await stocks()), ...own]) forecasts.push(await forecast(series, run))
    const [right, up] = directions(forecasts[1])
    console.log(`S&P 500: its direction was said rightly on ${round(right)} % of the days; it rose on ${round(up)} %`)
    await writeFileAtomic(run.out, drawing(weather.name, forecasts[0]))
    console.log(`drawn: ${run.out}`)
    return forecasts.map(({ figure }) => figure)
  },
})
