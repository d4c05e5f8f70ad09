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
import {
  type CheckpointStore,
  type FitOptions,
  finish,
  fit,
  historyCsv,
  progressBar,
  progressLine,
  type Report,
} from '../../ts/train/index.js'

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
  const without = fit as unknown as (step: unknown, state: Tensor) => ReturnType<typeof fit>
  message = await without((state: Tensor) => [state, zeros([])], zeros([]))
    .next()
    .then(
      () => '',
      (error: Error) => error.message,
    )
  assert.match(message, /fit: undefined is given in place of options; the options are \{ steps, /)
})

const values = (tree: unknown) => treeLeaves(tree).map(leaf => leaf.toArray())

/** A store in memory, and every file that it ever had. */
function memoryStore(): CheckpointStore & { files: Uint8Array[] } {
  const files: Uint8Array[] = []
  return {
    name: 'memory',
    files,
    load: async () => files.at(-1) ?? null,
    save: async bytes => {
      files.push(bytes)
    },
  }
}

/** The state is the number of steps made; validation falls to step 4 and then rises. */
const count = (state: Tensor): [Tensor, Tensor] => [add(state, 1), state]
const valley = (state: Tensor) => square(sub(state, 4))

test('the history has the mean losses, validations and the best; patience ends it, and the best state comes back', async () => {
  const reports: Report<Tensor>[] = []
  const options: FitOptions<Tensor> = { steps: 100, every: 2, validate: valley, patience: 3, stepsPerEpoch: 4 }
  const onStep = (report: Report<Tensor>) => reports.push(report)
  const fitted = await finish(fit(count, zeros([]), { ...options, onStep }))
  assert.equal(fitted.history, [
    { step: 2, loss: 0.5, validation: 4 },
    { step: 4, loss: 2.5, validation: 0 },
    { step: 6, loss: 4.5, validation: 4 },
    { step: 8, loss: 6.5, validation: 16 },
    { step: 10, loss: 8.5, validation: 36 },
  ])
  assert.equal([fitted.reason, fitted.step, fitted.best], ['patience', 10, { step: 4, loss: 0 }])
  assert.equal([fitted.state.item(), fitted.last.item()], [4, 10])
  assert.equal(
    reports.map(({ validation }) => validation),
    [null, 4, null, 0, null, 4, null, 16, null, 36],
  )
  assert.equal(
    reports.map(({ epoch }) => epoch),
    [0, 0, 0, 1, 1, 1, 1, 2, 2, 2],
  )
  assert.is(historyCsv(fitted.history.slice(0, 1)), 'step,loss,validation\n2,0.5,4\n')
})

test('an improvement of no more than minDelta is none, and neither is a loss that is no number', async () => {
  const losses = [3, 2.5, Number.NaN, 1.9]
  const validate = (_: Tensor, number: number) => losses[number - 1]
  const fitted = await finish(fit(count, zeros([]), { steps: 4, every: 1, validate, minDelta: 1 }))
  assert.equal(fitted.best, { step: 4, loss: 1.9 })
  assert.equal(
    fitted.history.map(({ validation }) => validation),
    [3, 2.5, null, 1.9],
  )
  const stopped = await finish(fit(count, zeros([]), { steps: 4, every: 1, validate, minDelta: 1, patience: 2 }))
  assert.equal(
    [stopped.reason, stopped.step, stopped.best, stopped.state.item()],
    ['patience', 3, { step: 1, loss: 3 }, 1],
  )
})

test('batches of JavaScript reach the step, and the last entry is that of the last step', async () => {
  const sumUp = (state: Tensor, _: Tensor, batch: Tensor): [Tensor, Tensor] => [add(state, batch), batch]
  const { state, history, reason } = await finish(
    fit(sumUp, zeros([]), { steps: 5, every: 3, batchAt: number => add(zeros([]), number) }),
  )
  assert.equal([state.item(), reason], [10, 'steps'])
  assert.equal(history, [
    { step: 3, loss: 1, validation: null },
    { step: 5, loss: 3.5, validation: null },
  ]) // prettier-ignore
})

test('taken up from any checkpoint, everything is as if it had never stopped, the history and the best state too', async () => {
  const validate = ({ params }: State) => square(sub(add(mean(params.w), params.b), 1))
  const options = { steps: 24, every: 3, validate, checkpointEvery: 1, settings: { seed: 3 } }
  const store = memoryStore()
  const straight = await finish(fit(step, start(), { ...options, checkpoint: store }))
  assert.is(store.files.length, 24)
  for (const at of [1, 2, 3, 4, 13, 23, 24]) {
    const again = memoryStore()
    again.files.push(store.files[at - 1])
    const resumed = await finish(fit(step, start(), { ...options, checkpoint: again }))
    assert.equal(again.files.slice(1), store.files.slice(at), `the same files after step ${at}`)
    assert.equal(values(resumed.state), values(straight.state))
    assert.equal([resumed.history, resumed.best, resumed.step], [straight.history, straight.best, 24])
  }
})

test('what patience ended stays ended, and a loop that is left has saved its last step', async () => {
  const store = memoryStore()
  const options = { steps: 100, every: 2, validate: valley, patience: 1, checkpoint: store }
  const ended = await finish(fit(count, zeros([]), options))
  assert.is(ended.step, 6)
  const again = await finish(fit(count, zeros([]), options))
  assert.equal([again.step, again.reason, again.state.item()], [6, 'patience', 4])
  const left = memoryStore()
  for await (const { step: number } of fit(count, zeros([]), { steps: 100, checkpoint: left, every: 50 })) {
    if (number === 7) break
  }
  assert.is(left.files.length, 1)
  const rest = await collect(fit(count, zeros([]), { steps: 9, checkpoint: left }))
  assert.equal(
    rest.map(({ step: number }) => number),
    [8, 9],
  )
})

test('a step that fails is not saved', async () => {
  const store = memoryStore()
  const breaks = (state: Tensor, number: Tensor): [Tensor, Tensor] => [
    add(state, 1),
    where(sub(number, 2), state, Number.NaN),
  ]
  const failing = async (checkpoint: CheckpointStore, every: number) =>
    finish(fit(breaks, zeros([]), { steps: 5, checkpoint, every })).then(
      () => '',
      error => error.message,
    )
  assert.match(await failing(store, 1), /loss is NaN at step 2/)
  const empty = memoryStore()
  assert.match(await failing(empty, 5), /loss is NaN at step 2/)
  assert.is(empty.files.length, 0, 'the state of the steps before is used up')
  assert.equal(
    store.files.map(bytes => decodeSafetensors(bytes).tensors.state.item()),
    [1, 2],
  )
})

test('a checkpoint that is broken, of another state or of other settings is refused by its name', async () => {
  const store = memoryStore()
  const options = { steps: 2, checkpoint: store, settings: { hidden: 8, cell: 'gru' } }
  await finish(fit(count, zeros([]), options))
  const refusal = async (more: object, state = zeros([])) =>
    finish(fit(count, state, { ...options, ...more })).then(
      () => assert.unreachable('nothing was thrown') as never,
      (error: Error) => error.message,
    )
  assert.match(
    await refusal({ settings: { hidden: 16, seed: 1 } }),
    /fit: memory cannot be taken up: its settings differ: hidden was 8, now 16; cell was "gru", now not there; seed was not there, now 1/,
  )
  assert.match(
    await refusal({}, zeros([3])),
    /memory cannot be taken up: restoreTree: state is float32\[\], expected float32\[3\]/,
  )
  store.files.push(encodeSafetensors({ state: zeros([]) }))
  assert.match(await refusal({}), /memory cannot be taken up: it is no checkpoint of fit/)
  store.files.push(store.files[0].slice(0, -1))
  assert.match(await refusal({}), /memory cannot be taken up: safetensors: the file is cut off/)
  assert.match(await refusal({ start: 1 }), /a checkpoint knows its own start/)
  assert.match(await refusal({ every: 0 }), /every is a positive integer, not 0/)
})

test('a bar draws itself over, with the line of the report', () => {
  const report = {
    step: 5,
    steps: 10,
    epoch: 1,
    loss: 0.5,
    validation: null,
    best: { step: 4, loss: 0.25 },
    tokensPerSecond: 1,
    secondsLeft: 75,
    seconds: 1,
  } // prettier-ignore
  assert.is(progressLine(report), '5/10  epoch 1  loss 0.5000  best validation 0.2500 at 4  1 min 15 s left')
  const drawn: string[] = []
  const bar = progressBar({ write: text => drawn.push(text), width: 4, interval: 1e6 })
  bar(report)
  bar(report)
  bar({ ...report, step: 10, epoch: 0, best: null })
  assert.is(drawn.length, 2)
  assert.ok(drawn[0].endsWith(`██░░  ${progressLine(report)}`))
  assert.ok(drawn[1].endsWith('████  10/10  loss 0.5000  done\n'))
  progressBar()
})

test('what is no step, no function, no signal and no store is refused before anything is done', async () => {
  const refusal = (more: object, own: unknown = count) =>
    finish(fit(own as typeof count, zeros([]), { steps: 2, ...more })).then(
      () => assert.unreachable('nothing was thrown') as never,
      (error: Error) => error.message,
    )
  const cases: [Promise<string>, RegExp][] = [
    [refusal({ validate: 3 }), /^fit: validate is the number 3, not a function \(/],
    [refusal({ batchAt: [] }), /^fit: batchAt is an array, not a function \(/],
    [refusal({ onStep: true }), /^fit: onStep is the boolean true, not a function \(/],
    [refusal({ checkpoint: true }), /^fit: checkpoint is the boolean true, not the path of a file or a store .* \(/],
    [
      refusal({ signal: new AbortController() }),
      /^fit: signal is an AbortController, not an AbortSignal: give its \.signal \(/,
    ],
    [refusal({ validate: () => {} }), /^fit: validate returns undefined, not a loss: a number or a scalar tensor/],
    [
      finish(fit(count as never, 3, { steps: 1 })).then(String, error => error.message),
      /^fit: a leaf of the state is the number 3, not a tensor/,
    ],
    [refusal({ log: true }), /^fit: log is the boolean true, not the path of a file \(/],
    [refusal({ signal: true }), /^fit: signal is the boolean true, not an AbortSignal \(/],
    [refusal({}, null), /^fit: the step is null, not a function \(/],
    [
      refusal({}, (state: Tensor) => state),
      /^fit: the step returns a traced Tensor float32\[.*\], not the pair \[state, loss\] \(/,
    ],
    [refusal({}, async () => [zeros([]), zeros([])]), /^fit: the step returns a Promise, not the pair/],
    [refusal({}, (state: Tensor) => [state, { loss: state }]), /^fit: the loss is an object, not a tensor/],
    [
      finish(3 as never).then(String, error => error.message),
      /^finish: the training is what fit\(\.\.\.\) returns, not the number 3 \(/,
    ],
  ]
  for (const [message, expected] of cases) assert.match(await message, expected)
  const { reason } = await finish(fit(count, zeros([]), { steps: 2, signal: new AbortController().signal }))
  assert.is(reason, 'steps')
})

test.run()
