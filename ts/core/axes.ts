// Named axes: which vmaps with a name stand around the code that is being traced, and which one is being carried out.

let open: readonly string[] = []
let mapped: string | null = null

/** The result of `body`, in which the axis is known by its name. */
export function withAxis<T>(name: string, body: () => T): T {
  const before = open
  open = [...before, name]
  try {
    return body()
  } finally {
    open = before
  }
}

/** Whether a vmap around what is being traced has this name. */
export const isAxis = (name: string): boolean => open.includes(name)

/** The result of `body`, which carries out the vmap of this name (or of none). */
export function mapping<T>(name: string | null, body: () => T): T {
  const before = mapped
  mapped = name
  try {
    return body()
  } finally {
    mapped = before
  }
}

/** The name of the vmap that is being carried out. */
export const mappedAxis = (): string | null => mapped
