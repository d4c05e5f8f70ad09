export function takeInstruction(at: usize, state: usize): void {}
