/**
 * `random` of heddle as a module: random numbers as functions of a key. From here esbuild, too, bundles only what is used;
 * of the namespace that heddle exports it leaves out nothing.
 * @module heddle/random
 * @example
 * import * as random from 'heddle/random'
 * random.key(42) // [0, 42]
 */
export * from './ops/distributions.js'
