// Operators of ONNX whose function is not there yet, and cases that stay out.

/** The function that an operator (or a single case) waits for: it is run as soon as `heddle` exports it. */
export const waiting: Record<string, string> = {
  CumSum: 'cumsum',
  If: 'cond',
  ReduceProd: 'prod',
  Tile: 'tile',
  TopK: 'topK',
  Trilu: 'tril',
  // The modes of `pad` come with `tile`.
  test_reflect_pad: 'tile',
  test_scatternd_multiply: 'prod',
}

/** Cases that stay out, and why. */
export const leftOut: Record<string, string> = {
  test_loop11: 'the extent of a slice in its body is known only at run time',
}
