/**
 * Where the time of a compiled function goes.
 * @module heddle/profile
 * @example
 * import { matmul, ones, tanh, type Tensor } from 'heddle'
 * import { profile } from 'heddle/profile'
 * const report = profile((x: Tensor) => tanh(matmul(x, x)), { milliseconds: 20 })(ones([128, 128]))
 * report.rows.length > 0 // true
 */
export { type Profile, type ProfileLine, type ProfileOptions, type ProfileRow, profile } from './profile.js'
