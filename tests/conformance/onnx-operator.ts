// What ONNX's operators are here: functions of tensors. Attributes are plain values; inputs that give shapes and axes are
// read as numbers (`ints`), so they are constants of a compiled function.
import { type Tensor, tensor } from '../../ts/index.js'
import { numbers } from './vectors.js'

// biome-ignore lint/suspicious/noExplicitAny: attributes of every kind
export type Attrs = Record<string, any>

/** Inputs that are left out are undefined. */
export type Operator = (inputs: Tensor[], attrs: Attrs) => Tensor | readonly (Tensor | undefined)[]
export type Operators = Record<string, Operator>

export interface Stored {
  name: string
  dtype: 'float32' | 'int32' | 'int64' | 'uint8' | 'bool'
  shape: number[]
  data: (number | string)[]
}

interface Node {
  op: string
  inputs: string[]
  outputs: string[]
  attrs: Attrs
}

export interface Graph {
  nodes: Node[]
  inputs: { name: string }[]
  outputs: { name: string }[]
}

/** 64-bit integers and bytes are read as int32. */
export function fromStored({ data, dtype, shape }: Omit<Stored, 'name'>): Tensor {
  const kind = dtype === 'int64' || dtype === 'uint8' ? 'int32' : dtype
  const values = numbers({ data, shape, dtype: 'float32' })
  return tensor(kind === 'float32' ? Float32Array.from(values) : Int32Array.from(values), { shape, dtype: kind })
}

/** The numbers of a constant input. */
export const ints = (x: Tensor): number[] => [...x.data()]

/** 0 .. n - 1 */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Runs the nodes in order over named values; returns the outputs. */
export function runGraph(
  { nodes, outputs }: Pick<Graph, 'nodes' | 'outputs'>,
  given: Record<string, Tensor>,
  operators: Operators,
): Tensor[] {
  const values: Record<string, Tensor> = { ...given }
  for (const { op, inputs, outputs: names, attrs } of nodes) {
    const result = operators[op](
      inputs.map(name => values[name]),
      attrs,
    )
    const list = (Array.isArray(result) ? result : [result]) as Tensor[]
    names.forEach((name, i) => {
      values[name] = list[i]
    })
  }
  return outputs.map(({ name }) => values[name])
}
