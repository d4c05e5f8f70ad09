export function gemmInstruction(at: usize, state: usize): void {}
