// Where the shares of one program wait for each other before an instruction that carries the barrier flag.

/** Returns once every share has come here; empty in the build without threads, whose only share is the whole. */
export function barrier(state: usize): void {}
