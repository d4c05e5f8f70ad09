// Operators of ONNX whose function is not there yet, or that are left out for good; by operator or by case. What stands in
// `waiting` is run as soon as `heddle` exports the function.

/** The function that an operator (or a single case) waits for. */
export const waiting: Record<string, string> = {
  AveragePool: 'meanPool',
  Conv: 'conv2d',
  ConvTranspose: 'convTranspose2d',
  CumSum: 'cumsum',
  If: 'cond',
  MaxPool: 'maxPool',
  ReduceProd: 'prod',
  Tile: 'tile',
  TopK: 'topK',
  Trilu: 'tril',
  test_reflect_pad: 'padModes',
  test_scatternd_multiply: 'prod',
}

/** Cases that stay out, and why. */
export const leftOut: Record<string, string> = {
  test_loop11: 'the extent of a slice in its body is known only at run time',
}
