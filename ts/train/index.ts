/**
 * The loop around a training step.
 * @module heddle/train
 * @example
 * import { grad, mul, square, sub, type Tensor, tensor } from 'heddle'
 * import { fit } from 'heddle/train'
 * const loss = (x: Tensor) => square(sub(x, 3))
 * const step = (x: Tensor): [Tensor, Tensor] => [sub(x, mul(0.1, grad(loss)(x))), loss(x)]
 * for await (const report of fit(step, tensor(0), { steps: 20 })) report.loss // 9, 5.76, 3.69, ...
 */
export { breathe } from './breathe.js'
export { type FitOptions, fit, type Report, type TrainStep } from './fit.js'
