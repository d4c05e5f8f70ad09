// Sliding windows, convolutions and pools.

import { f2, f23, h, i2, type Row } from './given.js'

const x1 = h.ones([4, 9])
const x2 = h.ones([4, 9, 9])
const x3 = h.ones([4, 5, 5, 5])

/** What all convolutions refuse; `x` has 4 channels, and `w` takes them. */
const convolution = (name: string, x: unknown, size: number[], of: number): Row[] => {
  const w = h.ones([4, 4, ...size])
  return [
    [() => h[name]([1], w), `${name}: x is an array, not a tensor`],
    [() => h[name](x), `${name}: w is undefined, not a tensor`],
    [() => h[name](f2, w), `${name}: x has ${of + 1} dimensions, or ${of + 2} with a batch, and w ${of + 2}: [2]`],
    [() => h[name](x, w, { groups: 3 }), `${name}: channels do not fit: x [4, `, '3 groups'],
    [() => h[name](x, w, { groups: 0 }), `${name}: groups is an integer of at least 1`],
    [() => h[name](x, w, { stride: 0 }), `${name}: stride is an integer of at least 1, or ${of} of them, not 0`],
    [() => h[name](x, w, { dilation: [1, 1, 1, 1] }), `${name}: dilation is an integer`, '[1,1,1,1]'],
    [() => h[name](x, w, { padding: -1 }), `${name}: padding is a number of elements`, 'not -1'],
    [() => h[name](x, w, { padding: 'full' }), `${name}: padding is`, 'not "full"'],
  ]
}

const forward = (name: string, x: unknown, size: number[], of: number): Row[] => [
  ...convolution(name, x, size, of),
  [() => h[name](x, h.ones([6, 4, ...size]), { bias: f2 }), `${name}: bias [2] does not fit 6 output channels`],
  [() => h[name](x, h.ones([6, 4, ...size]), { bias: 1 }), `${name}: bias is the number 1, not a tensor`],
  [() => h[name](x, h.ones([6, 4, ...size]), { dilation: 99 }), `${name}: windows of [`, 'do not fit into ['],
]

const transposed = (name: string, x: unknown, size: number[], of: number): Row[] => [
  ...convolution(name, x, size, of),
  [() => h[name](x, h.ones([4, 6, ...size]), { padding: 99 }), `${name}: padding 99 leaves nothing of [`],
  [
    () => h[name](x, h.ones([4, 6, ...size]), { outputPadding: -1 }),
    `${name}: outputPadding is an integer of at least 0`,
  ],
  [() => h[name](x, h.ones([4, 6, ...size]), { padding: 'same' }), `${name}: padding is`, 'not "same"'],
]

const pool = (name: string): Row[] => [
  [() => h[name]([1], 2), `${name}: the argument is an array, not a tensor`],
  [() => h[name](f2, 2), `${name}: 2 window sizes do not fit shape [2]`],
  [() => h[name](x3, [2, 2, 2, 2]), `${name}: 4 window sizes do not fit shape [4, 5, 5, 5]`],
  [() => h[name](x2, 0), `${name}: size is an integer of at least 1, or 2 of them, not 0`],
  [() => h[name](x2), `${name}: size is an integer of at least 1, or 2 of them, not undefined`],
  [() => h[name](x2, 2, { stride: 1.5 }), `${name}: stride is an integer`, 'not 1.5'],
  [() => h[name](x2, 2, { padding: 2 }), `${name}: padding [[2,2],[2,2]] leaves windows of [2, 2] empty`],
  [() => h[name](x2, 10), `${name}: windows of [10, 10] (dilation 1,1) do not fit into [4, 9, 9]`],
]

export const windowsRows: Record<string, Row[]> = {
  windows: [
    [() => h.windows([1], 2), 'windows: the argument is an array, not a tensor'],
    [() => h.windows(f23, 4), 'windows: windows of [4] (dilation 1) do not fit into [2, 3]'],
    [() => h.windows(f23, 0), 'windows: size is an integer of at least 1'],
    [() => h.windows(f23), 'windows: size is an integer of at least 1, or 1 of them, not undefined'],
    [() => h.windows(f23, 1, { axis: 2 }), 'windows: axis 2 is out of range for rank 2'],
    [() => h.windows(f23, [1, 1], { axis: 0 }), 'windows: size is an integer of at least 1, or 1 of them, not [1,1]'],
    [() => h.windows(f23, [1, 1, 1]), 'windows: axis -3 is out of range for rank 2'],
    [() => h.windows(i2, 1, { stride: 0 }), 'windows: stride is an integer of at least 1'],
  ],
  conv1d: forward('conv1d', x1, [3], 1),
  conv2d: forward('conv2d', x2, [3, 3], 2),
  conv3d: forward('conv3d', x3, [3, 3, 3], 3),
  convTranspose1d: transposed('convTranspose1d', x1, [3], 1),
  convTranspose2d: transposed('convTranspose2d', x2, [3, 3], 2),
  convTranspose3d: transposed('convTranspose3d', x3, [3, 3, 3], 3),
  maxPool: pool('maxPool'),
  argmaxPool: pool('argmaxPool'),
  meanPool: pool('meanPool'),
  lpPool: pool('lpPool'),
}
