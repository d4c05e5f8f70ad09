// Connectionist temporal classification: the loss of a sequence of labels whose places in time nobody knows.
import { isInteger } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import { sameShape, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, div, maximum, mul, neg, sub } from '../ops/arithmetic.js'
import { logicalAnd } from '../ops/bitwise.js'
import { broadcastTo } from '../ops/broadcast.js'
import { cast } from '../ops/cast.js'
import { equal, greater, lessEqual, notEqual } from '../ops/compare.js'
import { concat, stack } from '../ops/concat.js'
import { arange, full, zeros } from '../ops/full.js'
import { logAddExp } from '../ops/logarithms.js'
import { pad } from '../ops/pad.js'
import { max, mean } from '../ops/reduce.js'
import { expandDims, reshape } from '../ops/reshape.js'
import { slice } from '../ops/slice.js'
import { logSoftmax, logsumexp } from '../ops/softmax.js'
import { stopGradient } from '../ops/stop-gradient.js'
import { takeAlongAxis } from '../ops/take.js'
import { moveaxis } from '../ops/transpose.js'
import { where } from '../ops/where.js'
import { scan } from '../transforms/scan.js'
import { LOSS_NAMES, type LossOptions, reduced } from './losses.js'

/** How labels without times count. */
export interface CtcOptions extends LossOptions {
  /** The class that says nothing (0). */
  blank?: number
  /** How many steps of each input count: int32 [...] (all T). */
  inputLengths?: Tensor
  /** How many labels of each target count: int32 [...] (all S). */
  targetLengths?: Tensor
  /** Targets that are too long for their input have the loss 0 instead of Infinity. */
  zeroInfinity?: boolean
}

/** Log of what cannot be: finite, so that no derivative is Infinity - Infinity. */
const IMPOSSIBLE = -1e30

/**
 * -log of the probability that logits [..., T, C] say the labels [..., S], summed over all alignments: each label for one
 * step or more, blanks anywhere, at least one between equal labels: Graves et al. 2006, equations 6 to 8. The mean divides
 * each loss by the number of its labels (at least 1), then averages. A target too long for its input has the loss Infinity
 * and the derivative 0. Throws if the shapes do not fit.
 * @example
 * import { tensor } from 'heddle'
 * import { ctcLoss } from 'heddle/nn'
 * const logits = tensor([[0, 1, 0], [1, 0, 0], [0, 0, 1]]) // three steps, a blank and two labels
 * ctcLoss(logits, tensor([1, 2], { dtype: 'int32' })).item() // 0.479
 */
export function ctcLoss(logits: Tensor, targets: Tensor, options: CtcOptions = {}): Tensor {
  checkOptions('ctcLoss', options, {
    ...LOSS_NAMES,
    blank: 1,
    inputLengths: 1,
    targetLengths: 1,
    zeroInfinity: 1,
  })
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options
  checkTensor('ctcLoss', logits, 'logits')
  checkTensor('ctcLoss', targets, 'targets')
  const lead = logits.shape.slice(0, -2)
  const [steps, classes] = logits.shape.slice(-2)
  if (logits.rank < 2 || !isInteger(targets.dtype) || !sameShape(targets.shape.slice(0, -1), lead)) {
    throw typeError(
      `ctcLoss: ${targets.dtype} targets ${showShape(targets.shape)} do not fit logits ${showShape(logits.shape)}: integers [..., S] for [..., T, C]`,
    )
  }
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
    throw rangeError(`ctcLoss: the blank is one of ${classes} classes, not ${blank}`)
  }
  const labels = targets.shape[targets.rank - 1]
  const count = lead.reduce((a, b) => a * b, 1)
  const ends = (name: 'inputLengths' | 'targetLengths', all: number): Tensor => {
    const lengths = options[name] ?? full(lead, all, 'int32')
    if (isInteger(lengths.dtype) && sameShape(lengths.shape, lead)) return reshape(cast(lengths, 'int32'), [count])
    throw typeError(`ctcLoss: ${name} are int32${showShape(lead)}, not ${lengths.dtype}${showShape(lengths.shape)}`)
  }
  const lengths = ends('targetLengths', labels)
  const each = pathLosses(
    reshape(logits, [count, steps, classes]),
    reshape(cast(targets, 'int32'), [count, labels]),
    ends('inputLengths', steps),
    lengths,
    blank,
  )
  const isImpossible = greater(each, -IMPOSSIBLE / 2)
  const losses = where(isImpossible, zeroInfinity ? 0 : Number.POSITIVE_INFINITY, each)
  if (reduction !== 'mean') return reduced(reshape(losses, lead), options)
  return mean(div(losses, maximum(cast(lengths, 'float32'), 1)))
}

/** The loss of each: logits [N, T, C], targets [N, S], lengths [N]. */
function pathLosses(
  logits: Tensor,
  targets: Tensor,
  inputLengths: Tensor,
  targetLengths: Tensor,
  blank: number,
): Tensor {
  const [count, steps] = logits.shape
  const places = 2 * targets.shape[1] + 1
  // Blank, label, blank, ..., label, blank.
  const between = full([...targets.shape], blank, 'int32')
  const states = concat(
    [reshape(stack([between, targets], 2), [count, places - 1]), full([count, 1], blank, 'int32')],
    1,
  )
  const spoken = takeAlongAxis(logSoftmax(logits), broadcastTo(expandDims(states, 1), [count, steps, places]), 2)
  // A label may follow another one at once.
  const behind = [
    [0, 0],
    [2, 0],
  ] as const
  const twoBefore = slice(pad(states, behind, blank), [0, 0], [count, places])
  const skips = logicalAnd(notEqual(states, blank), notEqual(states, twoBefore))
  const start = where(equal(arange(places), 0), 0, IMPOSSIBLE)
  // Probabilities of being in a state, relative to the likeliest; `scale` has what was taken off.
  const [{ state, scale }] = scan(
    (carry: { state: Tensor; scale: Tensor }, now: Tensor) => {
      const before = pad(carry.state, behind, IMPOSSIBLE)
      const moved = logAddExp(carry.state, slice(before, [0, 1], [count, places + 1]))
      const skipped = where(skips, slice(before, [0, 0], [count, places]), IMPOSSIBLE)
      const next = add(logAddExp(moved, skipped), now)
      const top = stopGradient(max(next, { axis: 1 }))
      return [{ state: sub(next, expandDims(top, 1)), scale: add(carry.scale, top) }, null]
    },
    { state: broadcastTo(start, [count, places]), scale: zeros([count]) },
    moveaxis(maximum(spoken, IMPOSSIBLE), 1, 0),
    { lengths: inputLengths },
  )
  const last = expandDims(mul(targetLengths, 2), 1)
  const isLast = logicalAnd(lessEqual(arange(places), last), greater(arange(places), sub(last, 2)))
  return neg(add(logsumexp(where(isLast, state, IMPOSSIBLE), { axis: 1 }), scale))
}
