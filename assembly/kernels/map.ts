export function mapInstruction(at: usize, state: usize): void {}
