// Type-level assertions: these files are compiled against the declarations that the package ships, never run.

/** True only for identical types, `any` told apart from everything else. */
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Functions are compared by parameters and result: `(...rest: [A, B])` and `(a: A, b: B)` are one type to users. */
type Same<A, B> = [A, B] extends [(...args: infer P) => infer Q, (...args: infer R) => infer S]
  ? Identical<[P, Q], [R, S]>
  : Identical<A, B>

/** Compiles only if `value` has exactly the type `Expected`: `is<Tensor>()(value)`. */
export declare function is<Expected>(): <Actual>(
  value: Actual,
  ...proof: Same<Actual, Expected> extends true ? [] : [{ expected: Expected; actual: Actual }]
) => void
