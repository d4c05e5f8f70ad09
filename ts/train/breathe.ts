// Giving way.

/**
 * Lets everything that waits run first: messages, signals, timers, drawing. A message to oneself does, where timers
 * would be slowed down to four milliseconds.
 * @example
 * for (let i = 0; i < 3; i++) {
 *   random.normal(random.key(i), [1000]) // a long piece of work
 *   await breathe()
 * }
 */
export function breathe(): Promise<void> {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
