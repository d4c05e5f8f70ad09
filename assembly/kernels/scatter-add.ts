export function scatterAddInstruction(at: usize, state: usize): void {}
