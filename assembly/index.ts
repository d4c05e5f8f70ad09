// What the shipped core exports: the machine and the memory it works in, and where the extension attaches itself.
export { allocate, capacity, largestFree, release, resident } from './memory'
export { run } from './machine'
export { extend } from './extend'
