export function argReduceInstruction(at: usize, state: usize): void {}
