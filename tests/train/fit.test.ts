import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  mean,
  mul,
  random,
  square,
  sub,
  type Tensor,
  treeLeaves,
  valueAndGrad,
  where,
  zeros,
} from '../../ts/index.js'
import { decodeSafetensors, encodeSafetensors, restoreTree } from '../../ts/io/index.js'
import { adam, applyUpdates } from '../../ts/optim/index.js'
import { fit, type Report } from '../../ts/train/index.js'

const optimizer = adam(0.05)
const key = random.key(3)

const start = () => {
  const params = { w: random.normal(key, [4]), b: zeros([]) }
  return { params, state: optimizer.init(params) }
}
type State = ReturnType<typeof start>

/** Learns the mean of noise that depends on the step only. */
const step = ({ params, state }: State, number: Tensor): [State, Tensor] => {
  const target = add(random.normal(random.foldIn(key, number), [4]), 3)
  const loss = (p: State['params']) => mean(square(sub(add(p.w, p.b), target)))
  const [value, gradient] = valueAndGrad(loss)(params)
  const [updates, next] = optimizer.update(gradient, state)
  return [{ params: applyUpdates(params, updates), state: next }, value]
}

async function collect<S>(reports: AsyncIterable<Report<S>>): Promise<Report<S>[]> {
  const all: Report<S>[] = []
  for await (const report of reports) all.push(report)
  return all
}

test('reports count, measure and show the loss fall; the state that was given stays', async () => {
  const initial = start()
  const reports = await collect(fit(step, initial, { steps: 200, tokensPerStep: 7 }))
  assert.equal(
    reports.map(report => report.step),
    Array.from({ length: 200 }, (_, i) => i + 1),
  )
  const mean10 = (at: number) => reports.slice(at, at + 10).reduce((sum, { loss }) => sum + loss, 0) / 10
  assert.ok(mean10(190) < mean10(0) / 2, `from ${mean10(0)} to ${mean10(190)}`)
  assert.ok(reports.every(({ tokensPerSecond, secondsLeft }) => tokensPerSecond > 0 && secondsLeft >= 0))
  assert.is(reports[199].secondsLeft, 0)
  assert.ok(reports[199].seconds >= reports[0].seconds)
  assert.ok(treeLeaves(initial).every(leaf => Number.isFinite(leaf.data()[0])))
})

test('left, saved and taken up, training gives the same bits as without a stop', async () => {
  const straight = await collect(fit(step, start(), { steps: 20 }))
  const first = await collect(fit(step, start(), { steps: 8 }))
  const bytes = encodeSafetensors(first[7].state)
  const state = restoreTree(start(), decodeSafetensors(bytes).tensors)
  const rest = await collect(fit(step, state, { steps: 20, start: 8 }))
  assert.is(rest[0].step, 9)
  assert.equal(
    [...first, ...rest].map(({ loss }) => loss),
    straight.map(({ loss }) => loss),
  )
  assert.equal(
    treeLeaves(rest[11].state).map(leaf => leaf.toArray()),
    treeLeaves(straight[19].state).map(leaf => leaf.toArray()),
  )
})

test('a signal ends it without an error, and what waits gets its turn in between', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  const reports = await collect(fit(step, start(), { steps: 1e9, signal: controller.signal }))
  assert.ok(reports.length > 0)
  assert.ok(Number.isFinite(reports.at(-1)!.state.params.w.data()[0]), 'the last state is there')
})

test('callbacks come after each step and are waited for', async () => {
  const seen: number[] = []
  const onStep = async ({ step: number }: Report<State>) => {
    await Promise.resolve()
    seen.push(number)
  }
  await collect(fit(step, start(), { steps: 3, onStep }))
  assert.equal(seen, [1, 2, 3])
})

test('nothing to do is nothing done; a loss that is no number and steps that are none are refused', async () => {
  assert.equal(await collect(fit(step, start(), { steps: 5, start: 5 })), [])
  const breaks = (state: Tensor, number: Tensor): [Tensor, Tensor] => [
    state,
    where(sub(number, 2), mul(state, 1), Number.NaN),
  ]
  let message = ''
  const reports: number[] = []
  try {
    for await (const { loss } of fit(breaks, zeros([]), { steps: 9 })) reports.push(loss)
  } catch (error) {
    message = (error as Error).message
  }
  assert.equal(reports, [0, 0])
  assert.match(message, /loss is NaN at step 2/)
  try {
    await collect(fit(step, start(), { steps: -1 }))
  } catch (error) {
    message = (error as Error).message
  }
  assert.match(message, /steps is a number of steps, not -1/)
})

test.run()
