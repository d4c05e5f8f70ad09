/**
 * `random` of heddle as a module of its own, for bundlers that keep such a namespace whole where it comes from another
 * module (esbuild).
 * @module heddle/random
 * @example
 * import * as random from 'heddle/random'
 * random.key(42) // [0, 42]
 */
export * from './ops/distributions.js'
