// What the tables of options are made of.

/** A call of each function with some options; `nn.dense` is of heddle/nn. */
export type Rows = Record<string, (options: unknown) => unknown>
