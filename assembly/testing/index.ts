// A second build of the kernels, for tests only: each fast kernel beside its naive twin, callable one by one.
export { allocate, release } from './memory'
export * from './map'
