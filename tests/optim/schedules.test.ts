import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { arange, jit, type Tensor, tensor } from '../../ts/index.js'
import * as optim from '../../ts/optim/index.js'
import { ownLine } from '../own-line.js'

const { cos, PI, sqrt, min, max } = Math
const cosine = (done: number) => (1 + cos(PI * min(max(done, 0), 1))) / 2
const oneCycle = (step: number) =>
  step < 2 ? 1 + (0.04 - 1) * cosine(step / 2) : 4e-6 + (1 - 4e-6) * cosine((step - 2) / 7)

const schedules: Record<string, [optim.Schedule, (step: number) => number]> = {
  constant: [optim.constantSchedule(0.3), () => 0.3],
  linear: [optim.linearSchedule(0.5, 2, 7), step => 0.5 + (1.5 * min(step, 7)) / 7],
  polynomial: [optim.polynomialSchedule(2, 1, 3, 8), step => 1 + (1 - min(step, 8) / 8) ** 3],
  exponential: [optim.exponentialDecay(0.1, { steps: 4, rate: 0.3 }), step => 0.1 * 0.3 ** (step / 4)],
  'exponential in jumps, with an end': [
    optim.exponentialDecay(1, { steps: 4, rate: 0.3, staircase: true, end: 0.05 }),
    step => max(0.3 ** Math.floor(step / 4), 0.05),
  ],
  cosine: [optim.cosineDecaySchedule(2, 10, 0.1), step => 0.2 + 1.8 * cosine(step / 10)],
  'warm-up and cosine': [
    optim.warmupCosineDecaySchedule({ init: 0.1, peak: 1, warmupSteps: 4, steps: 12, end: 0.2 }),
    step => (step < 4 ? 0.1 + (0.9 * step) / 4 : 0.2 + 0.8 * cosine((step - 4) / 8)),
  ],
  'with restarts': [
    optim.sgdrSchedule([
      { peak: 1, warmupSteps: 1, steps: 6 },
      { peak: 0.5, warmupSteps: 2, steps: 8 },
    ]),
    step => {
      if (step < 6) return step < 1 ? step : cosine((step - 1) / 5)
      return step < 8 ? (step - 6) / 4 : 0.5 * cosine((step - 8) / 6)
    },
  ],
  Noam: [optim.noamSchedule(64, 4, 2), step => (2 / 8) * min(1 / sqrt(step + 1), (step + 1) / 8)],
  piecewise: [optim.piecewiseConstantSchedule(1, { 9: 0.5, 5: 0.1 }), step => (step < 5 ? 1 : step < 9 ? 0.1 : 0.05)],
  'one cycle': [optim.oneCycleSchedule(1, 10), oneCycle],
  joined: [
    optim.joinSchedules(
      [optim.linearSchedule(0, 1, 3), optim.constantSchedule(1), optim.linearSchedule(1, 0, 5)],
      [3, 6],
    ),
    step => (step < 3 ? step / 3 : step < 6 ? 1 : 1 - min(step - 6, 5) / 5),
  ],
}

for (const [name, [schedule, expected]] of Object.entries(schedules)) {
  test(`${name}: the values of the formula at every step, compiled too`, () => {
    const compiled = jit((step: Tensor) => schedule(step))
    for (let step = 0; step < 30; step++) {
      const values = [schedule, compiled].map(f => f(tensor(step, { dtype: 'int32' })))
      for (const value of values) {
        assert.equal([value.shape, value.dtype], [[], 'float32'])
        const error = Math.abs(value.item() - expected(step))
        assert.ok(
          error <= 1e-6 * Math.abs(expected(step)) + 2e-7,
          `step ${step}: ${value.item()}, not ${expected(step)}`,
        )
      }
      assert.is(values[0].item(), values[1].item())
    }
  })
}

test('many steps at once, and far ones', () => {
  const steps = arange(20)
  const values = optim.cosineDecaySchedule(1, 10)(steps)
  assert.equal(values.shape, [20])
  assert.equal(
    optim
      .linearSchedule(
        0.1,
        0.7,
        3,
      )(tensor(1e9, { dtype: 'int32' }))
      .item(),
    Math.fround(0.7),
  )
})

test('an optimizer follows its schedule, and so does one that accumulates, by its updates', () => {
  const schedule = optim.piecewiseConstantSchedule(1, { 1: 10 })
  const own = optim.accumulate(2, optim.sgd(schedule))
  let state = own.init(tensor([0]))
  const updates: number[] = []
  for (let i = 0; i < 4; i++) {
    const [update, next] = own.update(tensor([1]), state)
    updates.push(update.item())
    state = next
  }
  assert.equal(updates, [-0, -1, -0, -10])
})

test('refusals', () => {
  assert.throws(() => optim.linearSchedule(1, 0, 0), /steps is a positive number of steps, not 0/)
  assert.throws(() => optim.polynomialSchedule(1, 0, 1.5, 3), /power is a positive integer, not 1.5/)
  assert.throws(() => optim.exponentialDecay(1, { steps: 3, rate: -1 }), /rate is positive, not -1/)
  assert.throws(
    () => optim.warmupCosineDecaySchedule({ peak: 1, warmupSteps: 5, steps: 5 }),
    /steps after the warm-up is a positive number of steps, not 0/,
  )
  assert.throws(() => optim.oneCycleSchedule(1, 3), /the way up/)
  assert.throws(
    () => optim.joinSchedules([optim.constantSchedule(1)], [2]),
    /1 schedules need one boundary fewer, not 1/,
  )
  const constant = optim.constantSchedule(1)
  assert.throws(() => optim.joinSchedules([constant, constant, constant], [4, 4]), /the boundaries ascend/)
})

test('numbers where schedules belong, and factors that are none, are refused', () => {
  const { joinSchedules, piecewiseConstantSchedule } = optim as unknown as Record<
    string,
    (...given: unknown[]) => unknown
  >
  const cases: [() => unknown, RegExp][] = [
    [() => joinSchedules([0.1, 0.2], [10]), /^joinSchedules: schedule 0 is the number 0\.1, not a schedule as .* \(/],
    [() => joinSchedules(), /^joinSchedules: the schedules are a list, not undefined \(/],
    [() => joinSchedules([optim.constantSchedule(1)]), /^joinSchedules: the boundaries are a list, not undefined \(/],
    [() => piecewiseConstantSchedule(0.1), /^piecewiseConstantSchedule: factors come by step, .*, not as undefined \(/],
  ]
  for (const [call, message] of cases) {
    assert.throws(call, message)
    assert.throws(call, ownLine('schedules'))
  }
})

test.run()
