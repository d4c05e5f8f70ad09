// A binary heap: the best of what is waiting comes out first.

/** What is waiting; `before(a, b)`: whether a comes out before b. */
export interface Heap<T> {
  push(item: T): void
  /** The best one, or undefined where none is left. */
  pop(): T | undefined
}

export function heap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []
  const swap = (i: number, j: number): void => {
    const item = items[i]
    items[i] = items[j]
    items[j] = item
  }
  return {
    push(item) {
      items.push(item)
      for (let i = items.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1
        if (!before(items[i], items[parent])) return
        swap(i, parent)
        i = parent
      }
    },
    pop() {
      if (items.length === 0) return undefined
      swap(0, items.length - 1)
      const best = items.pop()
      for (let i = 0; ; ) {
        const [left, right] = [2 * i + 1, 2 * i + 2]
        let first = i
        if (left < items.length && before(items[left], items[first])) first = left
        if (right < items.length && before(items[right], items[first])) first = right
        if (first === i) return best
        swap(i, first)
        i = first
      }
    },
  }
}
