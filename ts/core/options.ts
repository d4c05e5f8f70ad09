// What calls take by name. A name that a function does not have is refused: JavaScript alone would take
// `sum(x, { keepdims: true })` without a word and drop the dimensions.
import { typeError } from '../errors.js'
import { describe, Tensor } from './tensor.js'

/** All names that options may have: the compiler sees that none is missing and none is too many. */
export type OptionNames<T> = { readonly [K in keyof T]-?: 1 }

/** Throws unless the options are an object that has no other names than these. */
export function checkOptions<T extends object>(operation: string, options: T, names: OptionNames<NoInfer<T>>): void {
  const refuse = (what: string): never => {
    throw typeError(`${operation}: ${what}; the options are { ${Object.keys(names).join(', ')} }`)
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof Tensor) {
    refuse(`${describe(options)} is given in place of options`)
  }
  for (const name in options) if (!Object.hasOwn(names, name)) refuse(`there is no option ${name}`)
}
