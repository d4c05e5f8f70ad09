export function softmaxInstruction(at: usize, state: usize): void {}
