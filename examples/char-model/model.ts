// A character model: embedding, recurrent cells one above the other, logits. All of it pure functions of tensors; the
// command line and the page only feed it.
import {
  add,
  cast,
  clip,
  cos,
  div,
  jit,
  mean,
  minimum,
  mul,
  random,
  scan,
  softmaxCrossEntropy,
  type Tensor,
  treeMap,
  valueAndGrad,
  vmap,
  where,
  zeros,
} from 'heddle'
import { sample } from 'heddle/decode'
import { type Cell, type DenseParams, dense, embedding, gruCell, lstmCell, rnnCell } from 'heddle/nn'
import { adam, applyUpdates, chain, clipByGlobalNorm, type StateOf } from 'heddle/optim'
import type { Stream } from 'heddle/text'

export const CELLS = { rnn: rnnCell, lstm: lstmCell, gru: gruCell }
export type CellName = keyof typeof CELLS

/** What a model is: with its characters, all that must be known besides the weights to run it. */
export interface ModelOptions {
  cell: CellName
  hidden: number
  layers: number
}

const EMBEDDING = 128

/** The parameters of a model, a tree of tensors; what a cell has in it is its own affair. */
export interface Params {
  embedding: { w: Tensor }
  cells: unknown[]
  head: DenseParams
}

/** A model over a vocabulary of `size` characters. */
export function characterModel({ cell, hidden, layers }: ModelOptions, size: number) {
  const table = embedding(size, EMBEDDING)
  const head = dense(size)
  const cells = Array.from({ length: layers }, () => CELLS[cell](hidden) as Cell<unknown, unknown>)
  const layersOf = (params: Params) => cells.map((own, i) => [own, params.cells[i]] as const)

  return {
    /** Parameters from a key. */
    init(key: Tensor): Params {
      const [tableKey, headKey, ...keys] = random.split(key, layers + 2)
      return {
        embedding: table.init(tableKey, { shape: [], dtype: 'int32' }),
        cells: cells.map((own, i) => own.init(keys[i], { shape: [i === 0 ? EMBEDDING : hidden] })),
        head: head.init(headKey, { shape: [hidden] }),
      }
    },

    /** The carries of all cells before the first character. */
    initialCarry: (params: Params): unknown[] => layersOf(params).map(([own, p]) => own.initialCarry(p)),

    /** One character of one text: its id [] -> [carries, logits [V] of the next]. */
    step(params: Params, carry: unknown[], id: Tensor): [unknown[], Tensor] {
      let x = table.apply(params.embedding, id)
      const next = layersOf(params).map(([own, p], i) => {
        const [after, y] = own.apply(p, carry[i], x)
        x = y
        return after
      })
      return [next, head.apply(params.head, x)]
    },

    /** A piece of one text: ids [T] -> [carries, logits [T, V]]; layer after layer, each over all steps. */
    run(params: Params, carry: unknown[], ids: Tensor): [unknown[], Tensor] {
      let xs = table.apply(params.embedding, ids)
      const next = layersOf(params).map(([own, p], i) => {
        const [after, ys] = scan(
          (c: unknown, x: Tensor) => own.apply(p, c, x) as [never, Tensor],
          carry[i] as object,
          xs,
        )
        xs = ys
        return after
      })
      return [next, head.apply(params.head, xs)]
    },
  }
}

export type CharacterModel = ReturnType<typeof characterModel>

/** What training changes from step to step. */
export interface TrainState {
  params: Params
  optimizer: StateOf<Optimizer>
  /** The carries of all lanes, from one window of the stream to the next. */
  carry: unknown[]
}

/** Carries for a batch, zeros. */
export const zeroCarry = (model: CharacterModel, params: Params, batch: number): unknown[] =>
  treeMap(({ shape }) => zeros([batch, ...shape]), model.initialCarry(params))

/** Carries as they are, or zeros where the lanes begin anew. */
const freshAt = (isStart: Tensor, carry: unknown[]): unknown[] => treeMap(part => where(isStart, 0, part), carry)

/** The loss, in nats a character, of a window of all lanes, and the carries after it. */
const windowLoss =
  (model: CharacterModel) =>
  (params: Params, carry: unknown[], inputs: Tensor, targets: Tensor): readonly [Tensor, unknown[]] => {
    const [after, logits] = vmap(model.run, [null, 0, 0])(params, carry, inputs)
    return [mean(softmaxCrossEntropy(logits, targets)), after]
  }

/** A learning rate that rises over the first steps and falls along a cosine to a twentieth (Loshchilov and Hutter 2017). */
const learningRate =
  (peak: number, steps: number) =>
  (step: Tensor): Tensor => {
    const done = cast(step, 'float32')
    const fall = add(0.525, mul(0.475, cos(mul(Math.PI, clip(div(done, steps), 0, 1)))))
    return mul(peak, mul(fall, minimum(1, div(add(done, 1), WARM_UP))))
  }

const WARM_UP = 50
const PEAK = 4e-3

const optimizerFor = (steps: number) => chain(clipByGlobalNorm(1), adam(learningRate(PEAK, steps)))
type Optimizer = ReturnType<typeof optimizerFor>

/** The training step for `fit`, and the state before the first. */
export function trainer(model: CharacterModel, stream: Stream, batch: number, steps: number) {
  const optimizer = optimizerFor(steps)
  return {
    start(key: Tensor): TrainState {
      const params = model.init(key)
      return { params, optimizer: optimizer.init(params), carry: zeroCarry(model, params, batch) }
    },
    step(state: TrainState, number: Tensor): [TrainState, Tensor] {
      const { inputs, targets, isStart } = stream.at(number)
      const [[loss, carry], gradients] = valueAndGrad(windowLoss(model), { hasAux: true })(
        state.params,
        freshAt(isStart, state.carry),
        inputs,
        targets,
      )
      const [updates, next] = optimizer.update(gradients, state.optimizer)
      return [{ params: applyUpdates(state.params, updates), optimizer: next, carry }, loss]
    },
  }
}

/** A function that gives the mean loss over a whole stream, window after window; it lets others run in between. */
export function validator(model: CharacterModel, stream: Stream, batch: number) {
  const lossOf = jit((params: Params, carry: unknown[], window: Tensor | number): [Tensor, unknown[]] => {
    const { inputs, targets } = stream.at(window)
    const [loss, after] = windowLoss(model)(params, carry, inputs, targets)
    return [loss, after]
  })
  return async (params: Params, pause: () => Promise<void>): Promise<number> => {
    let carry = zeroCarry(model, params, batch)
    let sum = 0
    for (let window = 0; window < stream.count; window++) {
      const [loss, after] = lossOf(params, carry, window)
      carry = after
      sum += loss.item()
      await pause()
    }
    return sum / stream.count
  }
}

/** A function that continues a prompt (ids [P]) by `length` characters; one compiled loop. */
export const speaker = (model: CharacterModel, length: number) =>
  jit(
    (params: Params, prompt: Tensor, key: Tensor, temperature: Tensor | number): Tensor =>
      sample((carry: unknown[], id) => model.step(params, carry, id), model.initialCarry(params), prompt, {
        length,
        key,
        temperature,
      })[1],
  )
