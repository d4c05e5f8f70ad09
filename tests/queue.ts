// Test files under one uvu queue, in whichever runtime loaded this.
const uvu = globalThis as unknown as { UVU_DEFER: number; UVU_QUEUE: unknown[][]; UVU_INDEX: number }
// Before uvu is loaded: it reads this once.
uvu.UVU_DEFER = 1

/** Loads the files (named from the folder of this one) and runs their tests in this order. */
export async function runFiles(files: readonly string[]): Promise<void> {
  uvu.UVU_QUEUE = []
  const { exec } = await import('uvu')
  for (const [index, file] of files.entries()) {
    uvu.UVU_QUEUE.push([file])
    uvu.UVU_INDEX = index
    await import(`./${file}`)
  }
  await exec()
}
