export function packInstruction(at: usize, state: usize): void {}
