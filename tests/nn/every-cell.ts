// The library's cells, for laws that hold of all of them.
import {
  type Cell,
  choGruCell,
  coupledLstmCell,
  gruCell,
  layerNormGruCell,
  layerNormLstmCell,
  lstmCell,
  mguCell,
  peepholeLstmCell,
  rnnCell,
} from '../../ts/nn/index.js'

/** Each cell over vectors, with so many units. */
export const everyCell = (units: number) =>
  ({
    rnn: rnnCell(units),
    lstm: lstmCell(units),
    peephole: peepholeLstmCell(units),
    coupled: coupledLstmCell(units),
    'layer norm lstm': layerNormLstmCell(units),
    gru: gruCell(units),
    'cho gru': choGruCell(units),
    mgu: mguCell(units),
    'layer norm gru': layerNormGruCell(units),
  }) as unknown as Record<string, Cell<object, object>>
