// What the shipped core exports: the machine and the memory it works in.
export { allocate, capacity, largestFree, release, resident } from './memory'
export { run } from './machine'
