// Recurrent layers and gradients through time keep the types of parameters and carries.
import type { Tensor } from 'heddle'
import {
  type BothWays,
  bidirectional,
  chain,
  dense,
  gruCell,
  type LstmCarry,
  lstmCell,
  type ParamsOf,
  recurrent,
  relu,
  residualCell,
  stacked,
  variationalDropout,
  zoneout,
} from 'heddle/nn'
import { bptt, gradientFlow, rtrlState, rtrlStep, tbptt } from 'heddle/train'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

// Cells keep the types of their parameters and carries through all combinators.
const cell = stacked(lstmCell(4), relu, residualCell(gruCell(4)), dense(2))
type CellParameters = ParamsOf<typeof cell>
const cellParams: CellParameters = cell.init(key, x)
is<Tensor>()(cellParams[0].wh)
is<null>()(cellParams[1])
is<Tensor>()(cellParams[2].bh)
const stream = recurrent(cell)
const [streamCarry, ys] = stream.run(cellParams, x)
is<[LstmCarry, null, Tensor, null]>()(streamCarry)
is<Tensor>()(ys)
stream.run(cellParams, x, { carry: streamCarry, train: true, key, length: 3 })
// @ts-expect-error a carry of another cell
stream.run(cellParams, x, { carry: { h: x, c: x } })
const both = bidirectional(lstmCell(4), { backward: gruCell(3) })
is<BothWays<LstmCarry, Tensor>>()(both.run(both.init(key, x), x)[0])
const classifier = chain(both, recurrent(gruCell(2), { returnSequences: false }), dense(3))
is<Tensor>()(classifier.init(key, x)[0].backward.bx)
zoneout(lstmCell(4), { h: 0.1, c: 0.2 })
zoneout(gruCell(4), 0.1)
// @ts-expect-error no such part of the carry
zoneout(lstmCell(4), { h: 0.1, d: 0.2 })
is<ParamsOf<typeof cell>>()(variationalDropout(cell, { input: 0.1 }).init(key, x))

// The three ways through time have one signature, and keep the types of what goes through them.
const stepLoss = (y: Tensor, target: { id: Tensor }): Tensor => target.id
const wholeTime = bptt(cell.apply, stepLoss)
const windowed: typeof wholeTime = tbptt(cell.apply, stepLoss, { window: 3 })
const [[timeLoss, timeCarry], timeGradient] = windowed(cellParams, streamCarry, x, { id: x })
is<Tensor>()(timeLoss)
is<typeof streamCarry>()(timeCarry)
is<CellParameters>()(timeGradient)
// @ts-expect-error targets of another tree
wholeTime(cellParams, streamCarry, x, x)
const online = rtrlStep(cell.apply, stepLoss)
is<[ReturnType<typeof rtrlState<CellParameters, typeof streamCarry>>, Tensor, CellParameters]>()(
  online(cellParams, rtrlState(cellParams, streamCarry), x, { id: x }),
)
is<Tensor>()(gradientFlow(cell.apply, (outputs: Tensor, weights: Tensor) => outputs)(cellParams, streamCarry, x, x))
