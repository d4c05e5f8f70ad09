export function threefryInstruction(at: usize, state: usize): void {}
