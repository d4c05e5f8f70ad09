// Transforms, trees, and what looks at the machine.

import { type Tensor, tensor } from '../../ts/index.js'
import { profile } from '../../ts/profile/index.js'
import { f2, f23, h, i2, type Row, x3 } from './given.js'

const clipped = h.customVjp(
  x3,
  (x: Tensor) => [x3(x), null],
  (_: null, ct: Tensor) => [h.clip(ct, -1, 1)],
)
const square = ([x]: Tensor[], [dx]: Tensor[]) => [h.sum(x), h.sum(h.mul(x, dx))]

export const transformsRows: Record<string, Row[]> = {
  setMemoryLimit: [[() => h.setMemoryLimit(0), 'setMemoryLimit: a limit is a positive number of bytes, not 0']],
  profile: [
    [() => profile(3 as never), 'profile: the first argument is not a function'],
    [() => profile(x3, { milliseconds: Number.NaN }), 'profile: milliseconds is NaN'],
    [() => profile(x3)('a' as never), 'profile: arguments'],
    [() => h.jit((x: Tensor) => profile(x3)(x).result)(f2), 'profile: called inside of jit'],
  ],
  treeMap: [
    [() => h.treeMap(x3, { a: f2 }, { b: f2 }), 'treeMap: tree 2 differs from the first: {"b": *} beside {"a": *}'],
    [() => h.treeMap(x3, new Map()), 'is a Map: a tree holds tensors and numbers'],
  ],
  treeLeaves: [[() => h.treeLeaves({ a: 'text' }), '.a is a string (text): a tree holds tensors and numbers']],
  jit: [
    [() => h.jit(3), 'jit: the first argument is not a function'],
    [() => h.jit(x3, { donate: [-1] }), 'jit: donate is a list of argument positions'],
    [() => h.jit(x3, { donate: [0], static: [0] }), 'jit: argument 0 is both donated and static'],
    [() => h.jit(x3)('a'), 'jit: argument 1 is a string (a)'],
    [() => h.jit(() => 'text')(), "jit: the function's result is a string (text)"],
    [() => h.jit(async (x: Tensor) => x)(f2), 'jit: the function is async'],
    [() => h.jit((x: Tensor) => (Number(x) > 0 ? x : h.neg(x)))(tensor(1)), 'traced value', 'where(', 'cond'],
    [() => h.jit((x: Tensor) => h.tensor(x.toArray()))(f2), 'data() of a traced value (float32[2])'],
    [() => h.jit((x: Tensor) => h.matmul(x, x))(f23), 'matmul: inner dimensions differ: [2, 3] x [2, 3]'],
    [
      () => h.jit((x: Tensor, y: Tensor) => h.add(x, y), { donate: [0] })(f2, f2),
      'jit: a tensor is donated and passed a second time',
    ],
  ],
  grad: [
    [() => h.grad(3), 'grad: the first argument is not a function'],
    [() => h.grad((x: Tensor) => x)(f2), 'grad: the loss is a float32 scalar, not float32[2]; reduce it'],
    [() => h.grad(h.sum)(3), 'grad: the first argument is the number 3; gradients are taken with respect to float32'],
    [() => h.grad(h.sum)(i2), 'grad: the first argument has dtype int32'],
    [() => h.grad(() => 'loss')(f2), "grad: the function's result is a string (loss)"],
    [() => h.grad((p: { w: Tensor }) => h.sum(p.w))({ w: i2 }), 'grad: the first argument.w has dtype int32'],
    [() => h.grad((x: Tensor) => [h.sum(x), x])(f2), 'grad: the function returns [*, *], expected one loss', 'hasAux'],
  ],
  valueAndGrad: [
    [
      () => h.valueAndGrad((x: Tensor) => h.sum(x), { hasAux: true })(f2),
      'grad: the function returns *, expected [loss, extra]',
    ],
    [
      () => h.valueAndGrad((x: Tensor) => h.sum(h.cast(x, 'int32')))(f2),
      'grad: the loss is a float32 scalar, not int32[]',
    ],
  ],
  vjp: [
    [() => h.vjp(x3, f2)[1](f23), 'vjp: a cotangent has shape [2, 3], the result [2]'],
    [() => h.vjp(x3, f2)[1]([f2]), 'vjp: the cotangent is [*], the result *'],
    [() => h.vjp('f', f2), 'vjp: the first argument is not a function'],
  ],
  jvp: [
    [() => h.jvp(x3, [f2], [f23]), 'jvp: a tangent has shape [2, 3], its primal [2]'],
    [() => h.jvp(x3, [f2], [f2, f2]), 'jvp: trees differ: [*] and [*, *]'],
    [() => h.jvp(null, [f2], [f2]), 'jvp: the first argument is not a function'],
  ],
  linearize: [
    [() => h.linearize(x3, f2)[1](f23), 'linearize: a tangent has shape [2, 3], its primal [2]'],
    [() => h.linearize(x3, f2)[1](f2, f2), 'linearize: trees differ'],
    [() => h.linearize(1, f2), 'linearize: the first argument is not a function'],
  ],
  vmap: [
    [() => h.vmap(3), 'vmap: the first argument is not a function'],
    [() => h.vmap(x3)(tensor(1)), 'vmap: argument 1 has a leaf of shape [], which has no axis 0'],
    [() => h.vmap(x3, null), 'vmap: inAxes are one axis, or a list of them for the arguments, not null'],
    [() => h.vmap(x3, { a: 0 }), 'vmap: inAxes are one axis, or a list of them for the arguments, not an object'],
    [() => h.vmap(x3, 1)(f2), 'vmap: argument 1 has a leaf of shape [2], which has no axis 1'],
    [() => h.vmap(x3, [3])(f23), 'vmap: argument 1 has a leaf of shape [2, 3], which has no axis 3'],
    [() => h.vmap(h.add)(f23, tensor([1, 2, 3])), 'vmap: batch axes have different lengths: 2 and 3'],
    [() => h.vmap(x3, [null])(f2), 'vmap: no argument has a batch axis'],
    [() => h.vmap(x3, [0, 0])(f2), 'vmap: inAxes names 2 arguments, the function was called with 1'],
    [() => h.vmap((p: { w: Tensor }) => p.w, [{ w: { deep: 0 } }])({ w: f2 }), 'vmap: axes', 'do not fit argument 1.w'],
    [() => h.vmap(x3, [0], null)(f2), 'vmap: outAxes is null for a result that is not the same for all examples'],
    [() => h.vmap(x3, [0], 3)(f2), 'vmap: outAxes 3 does not fit a result of rank 1'],
    [() => h.vmap((x: Tensor) => h.matmul(x, f23))(f23), 'matmul: inner dimensions differ: [3] x [2, 3]'],
  ],
  scan: [
    [() => h.scan(1, f2, f23), 'scan: the first argument is not a function'],
    [() => h.scan((c: Tensor) => c, f2, f2), 'scan: the function returns [carry, y]'],
    [
      () => h.scan((c: Tensor, x: Tensor) => [h.stack([c, x]), x], tensor(0), f2),
      'scan: the carry changes: it starts as f32[] and a step returns shape [2]',
    ],
    [
      () => h.scan((c: Tensor, x: Tensor) => [h.cast(c, 'int32'), x], tensor(0), f2),
      'scan: the carry changes: it starts as f32[] and a step returns i32[]',
    ],
    [
      () => h.scan((c: { a: Tensor }, x: Tensor) => [{ b: c.a }, x], { a: f2 }, f2),
      'scan: the carry changes its structure: it starts as {"a": *} and a step returns {"b": *}',
    ],
    [() => h.scan((_: { a: Tensor }, x: Tensor) => [{ a: x }, x], { a: f2 }, f2), 'scan: the carry.a changes'],
    [
      () => h.scan((c: Tensor, x: Tensor) => [c, x], f2, { a: f2, b: tensor([1, 2, 3]) }),
      'scan: leaves of xs have different numbers of steps: 2 and 3',
    ],
    [() => h.scan((c: Tensor) => [c, c], f2, null), 'scan: there is no xs; give the number of steps'],
    [
      () => h.scan((c: Tensor) => [c, c], f2, null, { length: 1.5 }),
      'scan: the number of steps is a non-negative integer, not 1.5',
    ],
    [() => h.scan((c: Tensor, x: Tensor) => [c, x], f2, tensor(1)), 'scan: a leaf of xs is a scalar'],
    [
      () => h.scan((c: Tensor, x: Tensor) => [c, x], f2, f2, { lengths: f2 }),
      'scan: lengths are an int32 scalar, or one for each example, not f32[2]',
    ],
    [() => h.scan((c: Tensor, x: Tensor) => [c, x], f2, f2, { lengths: 1.5 }), 'scan: the number 1.5 beside'],
    [
      () => h.scan((c: Tensor, x: Tensor) => [c, x], tensor([1, 2, 3]), f23, { lengths: i2 }),
      'scan: there are lengths of 2 examples, but init has a leaf f32[3]',
    ],
    [
      () => h.scan((c: Tensor, x: Tensor) => [c, x], f2, f23, { lengths: i2 }),
      'scan: there are lengths of 2 examples, but a step of xs has a leaf f32[3]',
    ],
    [
      () => h.scan((c: Tensor, x: Tensor) => [c, h.sum(x)], f2, h.zeros([3, 2]), { lengths: i2 }),
      'scan: there are lengths of 2 examples, but y has a leaf f32[]',
    ],
    [
      () => h.scan((c: Tensor, x: Tensor) => [h.matmul(c, f23), x], tensor([1, 2, 3]), f2),
      'matmul: inner dimensions differ: [3] x [2, 3]',
    ],
  ],
  cond: [
    [() => h.cond(f2, x3, x3, f2), 'cond: the predicate is a scalar, not f32[2]'],
    [() => h.cond('yes', x3, x3, f2), 'cond: an argument is the string yes'],
    [() => h.cond(true, 1, x3, f2), 'cond: a branch is not a function'],
    [() => h.cond(true, x3, undefined, f2), 'cond: a branch is not a function'],
    [
      () => h.jit((x: Tensor) => h.cond(h.sum(x), x3, h.sum, x))(f2),
      "cond: the branches' results differ: f32[] and f32[2]",
    ],
    [
      () =>
        h.jit((x: Tensor) =>
          h.cond(
            h.sum(x),
            (y: Tensor) => ({ y: [y] }),
            (y: Tensor) => ({ y: [h.cast(y, 'int32')] }),
            x,
          ),
        )(f2),
      "cond: the branches' results.y[0] differ: i32[2] and f32[2]",
    ],
    [
      () =>
        h.jit((x: Tensor) =>
          h.cond(
            h.sum(x),
            (y: Tensor) => [y],
            (y: Tensor) => y,
            x,
          ),
        )(f2),
      'cond: the branches return different trees: * and [*]',
    ],
    [
      () => h.jit((x: Tensor) => h.cond(h.sum(x), () => 'text', x3, x))(f2),
      "cond: a branch's result is a string (text)",
    ],
    [() => h.cond(true, x3, x3, 'text'), 'cond: operands[0] is a string (text)'],
  ],
  switchCase: [
    [() => h.switchCase(0, x3, f2), 'switchCase: branches are a list of functions'],
    [() => h.switchCase(0, [], f2), 'switchCase: branches are a list of functions'],
    [() => h.switchCase(0, [3], f2), 'switchCase: a branch is not a function'],
    [() => h.switchCase(0.5, [x3], f2), 'switchCase: the number 0.5 beside a tensor of dtype int32'],
    [() => h.switchCase(tensor(0), [x3], f2), 'switchCase: the index is an int32 scalar, not f32[]'],
    [() => h.switchCase(i2, [x3], f2), 'switchCase: the index is a scalar, not i32[2]'],
    [
      () => h.jit((i: Tensor, x: Tensor) => h.switchCase(h.sum(i), [x3, h.sum], x))(i2, f2),
      "switchCase: the branches' results differ: f32[2] and f32[]",
    ],
  ],
  whileLoop: [
    [() => h.whileLoop(3, x3, f2), 'whileLoop: condition and body are functions'],
    [() => h.whileLoop(x3, null, f2), 'whileLoop: condition and body are functions'],
    [() => h.whileLoop(x3, x3, f2), 'whileLoop: the condition is a bool scalar, not f32[2]'],
    [() => h.whileLoop(() => [], x3, f2), 'whileLoop: the condition is a bool scalar, not nothing'],
    [
      () => h.whileLoop(() => false, h.sum, f2),
      'whileLoop: the carry changes: it starts as f32[2] and a step returns shape []',
    ],
    [
      () =>
        h.whileLoop(
          () => false,
          (c: Tensor) => [c],
          f2,
        ),
      'whileLoop: the carry changes its structure: it starts as * and a step returns [*]',
    ],
    [
      () =>
        h.grad((x: Tensor) =>
          h.whileLoop(
            (c: Tensor) => h.less(c, 9),
            (c: Tensor) => h.mul(c, 2),
            x,
          ),
        )(tensor(1)),
      'whileLoop: there is no reverse mode',
      'use scan',
    ],
  ],
  psum: [
    [() => h.psum(f2, 'batch'), 'psum: no vmap around names its axis "batch"', '{ axisName: "batch" }'],
    [() => h.psum(f2, 3), 'psum: the name of an axis is a string, not 3'],
    [() => h.psum(f2, ['batch', 4]), 'psum: the name of an axis is a string, not batch,4'],
    [
      () => h.vmap(() => h.psum('a', 'b'), [0], 0, { axisName: 'b' })(f2),
      'psum: an argument is the string a, not a tensor',
    ],
  ],
  pmean: [
    [() => h.vmap((x: Tensor) => h.pmean(x, 'rows'), [0], 0, { axisName: 'batch' })(f2), 'pmean: no vmap', '"rows"'],
  ],
  stopGradient: [[() => h.stopGradient({ a: 'text' }), 'stopGradient: the argument.a is a string (text)']],
  checkpoint: [
    [() => h.checkpoint(3), 'checkpoint: the first argument is not a function'],
    [() => h.jit(h.checkpoint(x3))('a'), 'is a string (a)'],
    [() => h.grad((x: Tensor) => h.checkpoint(() => 'y')(x))(f2), "checkpoint: the function's result is a string (y)"],
    [() => h.grad(h.checkpoint((x: Tensor) => h.matmul(x, f23)))(f23), 'matmul: inner dimensions differ'],
  ],
  customJvp: [
    [() => h.customJvp(x3), 'customJvp: argument 2 is not a function'],
    [() => h.grad(h.customJvp(h.sum, () => f2))(f2), 'customJvp: the rule returns a pair'],
    [
      () => h.grad(h.customJvp(h.sum, ([x]: Tensor[]) => [x, x]))(f2),
      "customJvp: the rule's result has a leaf f32[2], expected f32[]",
    ],
    [
      () => h.grad(h.customJvp(h.sum, ([x]: Tensor[]) => [h.sum(x), x]))(f2),
      "customJvp: the rule's tangent has a leaf f32[2], expected f32[]",
    ],
    [
      () => h.grad(h.customJvp(h.sum, ([x]: Tensor[]) => [h.sum(x), { x }]))(f2),
      `customJvp: the rule's tangent is {"x": *}, expected *`,
    ],
    [
      () => h.grad(h.customJvp(h.sum, ([x]: Tensor[], [dx]: Tensor[]) => [h.sum(dx), h.sum(x)]))(f2),
      "customJvp: the rule's result depends on the tangents",
    ],
    [
      () => h.grad((w: Tensor) => h.customJvp((x: Tensor) => h.sum(h.mul(x, w)), square)(f2))(f2),
      'customJvp: the function uses a differentiated value that is not one of its arguments',
    ],
  ],
  customVjp: [
    [() => h.customVjp(h.sum, null, x3), 'customVjp: argument 2 is not a function'],
    [() => h.grad(h.customVjp(h.sum, h.sum, x3))(f2), 'customVjp: forward returns a pair'],
    [
      () => h.grad(h.customVjp(h.sum, (x: Tensor) => [x, x], x3))(f2),
      "customVjp: forward's result has a leaf f32[2], expected f32[]",
    ],
    [
      () => h.grad(h.customVjp(h.sum, (x: Tensor) => [h.sum(x), 'x'], x3))(f2),
      "customVjp: the function's result[1] is a string (x)",
    ],
    [
      () => h.grad(h.customVjp(h.sum, (x: Tensor) => [h.sum(x), x], x3))(f2),
      'customVjp: backward returns a list of 1 cotangents, one for each argument',
    ],
    [
      () =>
        h.grad(
          h.customVjp(
            h.sum,
            (x: Tensor) => [h.sum(x), x],
            (_: Tensor, ct: Tensor) => [ct],
          ),
        )(f2),
      "customVjp: backward's cotangent 1 has a leaf f32[], expected f32[2]",
    ],
    [
      () =>
        h.grad(
          h.customVjp(
            h.sum,
            (x: Tensor) => [h.sum(x), x],
            (x: Tensor) => [[x]],
          ),
        )(f2),
      "customVjp: backward's cotangent 1 is [*], expected *",
    ],
    [() => h.jvp(clipped, [f2], [f2]), 'customVjp: forward mode (jvp, linearize, jacfwd) is not defined', 'customJvp'],
    [() => h.jit((x: Tensor) => h.linearize(clipped, x)[1](x))(f2), 'customVjp: forward mode'],
    [
      () =>
        h.grad((w: Tensor) =>
          h.customVjp(
            () => h.sum(w),
            () => [h.sum(w), 0],
            () => [null],
          )(f2),
        )(f2),
      'customVjp: the function uses a differentiated value that is not one of its arguments',
    ],
  ],
  jacfwd: [
    [() => h.jacfwd(3), 'jacfwd: the first argument is not a function'],
    [() => h.jacfwd(x3)(3), 'jacfwd: the first argument is the number 3'],
    [() => h.jacfwd(x3)(i2), 'jacfwd: the first argument has dtype int32'],
    [() => h.jacfwd((x: Tensor) => h.cast(x, 'int32'))(f2), 'jacfwd: a result has dtype int32'],
    [() => h.jacfwd(clipped)(f2), 'customVjp: forward mode'],
  ],
  jacrev: [
    [() => h.jacrev(null), 'jacrev: the first argument is not a function'],
    [() => h.jacrev((p: { w: Tensor }) => p.w)({ w: i2 }), 'jacrev: the first argument.w has dtype int32'],
    [() => h.jacrev((x: Tensor) => [x, h.equal(x, x)])(f2), 'jacrev: a result has dtype bool'],
  ],
  hessian: [
    [() => h.hessian(3), 'hessian: the first argument is not a function'],
    [() => h.hessian(h.sum)(i2), 'hessian: the first argument has dtype int32'],
    [() => h.hessian((x: Tensor) => h.cast(x, 'int32'))(f2), 'hessian: a result has dtype int32'],
  ],
  makeProgram: [[() => h.makeProgram(3)(f2), 'makeProgram: the first argument is not a function']],
  evalShape: [
    [() => h.evalShape(x3)({ shape: [-1] }), 'evalShape: a shape is a list of non-negative integers'],
    [
      () => h.evalShape((x: Tensor) => h.matmul(x, f23))({ shape: [3] }),
      'matmul: inner dimensions differ: [3] x [2, 3]',
    ],
    [() => h.evalShape(1)(), 'evalShape: the first argument is not a function'],
  ],
  debug: [
    [() => h.debug.nans(3), 'debug.nans: the first argument is not a function'],
    [() => h.debug.print(f2), 'debug.print: the first argument is the label, a string'],
    [() => h.debug.print('x', 'text'), 'debug.print: the value is a string (text)'],
    [() => h.debug.onPrint('x'), 'debug.onPrint: the argument is not a function'],
  ],
}
