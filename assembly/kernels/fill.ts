export function fillInstruction(at: usize, state: usize): void {}
export function iotaInstruction(at: usize, state: usize): void {}
