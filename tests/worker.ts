// Runs the test files it is given, in whichever runtime started it, under one uvu queue.
const uvu = globalThis as unknown as { UVU_DEFER?: number; UVU_QUEUE: unknown[][] }
uvu.UVU_DEFER = 1
uvu.UVU_QUEUE ??= []
const { exec } = await import('uvu')
for (const file of process.argv.slice(2)) {
  uvu.UVU_QUEUE.push([file])
  await import(`./${file}`)
}
await exec()
