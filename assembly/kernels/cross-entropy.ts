export function crossEntropyInstruction(at: usize, state: usize): void {}
