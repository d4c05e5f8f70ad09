// The cells of heddle/nn through its layers, from the parameters of user-cells.mjs.
import { concat, mean, square, sub, valueAndGrad, vmap } from '../../build/ts/index.js'
import {
  bidirectional,
  chain,
  choGruCell,
  gruCell,
  lstmCell,
  peepholeLstmCell,
  recurrent,
} from '../../build/ts/nn/index.js'

/** Each as a cell and as what it calls the parameters. */
const cells = {
  lstm: [lstmCell, p => p],
  peephole: [peepholeLstmCell, p => p],
  'gru, reset after': [gruCell, ({ wx, wh, b, bh }) => ({ wx, wh, bx: b, bh })],
  'gru, reset before': [choGruCell, ({ wx, wh, wn, b }) => ({ wx, wh: concat([wh, wn], 1), b })],
}

/** Parameters, and loss and gradient, as `userGradient` has them; null for cells that the library does not have. */
export function libraryModel(name, params, isDeep) {
  if (!(name in cells)) return null
  const [make, rename] = cells[name]
  const cell = make((isDeep ? params[0].forward : params[0]).wh.shape[0])
  const model = isDeep ? chain(bidirectional(cell), bidirectional(cell)) : chain(recurrent(cell))
  const own = params.map(p => (isDeep ? { forward: rename(p.forward), backward: rename(p.backward) } : rename(p)))
  const loss = (p, x, y) => mean(square(sub(vmap(model.apply, [null, 0])(p, x), y)))
  return { params: own, gradient: valueAndGrad(loss) }
}
