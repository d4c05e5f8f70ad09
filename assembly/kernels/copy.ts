export function copyInstruction(at: usize, state: usize): void {}
