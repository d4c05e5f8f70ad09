// Gates that begin with memories of all lengths.
import { concat, log, neg, random, type Tensor, zeros } from 'heddle'

/**
 * Biases of an LSTM whose cells begin by remembering for 1 to so many steps, each for its own time: log(u) for the forget
 * gates, u uniform, and its negative for the input gates (Tallec and Ollivier 2018, equation 16).
 */
export const chrono =
  (steps: number) =>
  (key: Tensor, [gates]: readonly number[]): Tensor => {
    const forget = log(random.uniform(key, [gates / 4], 1, steps - 1))
    return concat([neg(forget), forget, zeros([gates / 2])])
  }
