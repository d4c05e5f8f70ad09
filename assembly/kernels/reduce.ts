export function reduceInstruction(at: usize, state: usize): void {}
