// Reading files in every runtime: from the disk in Node, Deno and Bun, from the test server (runtimes/server.ts) in
// browsers. Both lay `shared` beside the repository, so relative URLs are the same.

const inBrowser = typeof document !== 'undefined'
const disk = inBrowser ? null : await import('node:fs/promises')

/** The root of the repository: this file is build/tests/platform.js. */
export const repository = new URL('../../', import.meta.url)

/** The folder of reference data beside the repository; it may be missing. */
export const shared = new URL('../shared/', repository)

/** The bytes of a file. Throws where there is none. */
export async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (disk !== null) return new Uint8Array(await disk.readFile(url))
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** A file as text. Throws where there is none. */
export const readText = async (url: URL): Promise<string> => new TextDecoder().decode(await readFile(url))

/** The names of the files in a folder (its URL ends in a slash), sorted; null where there is no such folder. */
export async function listFolder(url: URL): Promise<string[] | null> {
  if (disk !== null) {
    const names = await disk.readdir(url).catch(() => null)
    return names?.sort() ?? null
  }
  const response = await fetch(url)
  return response.ok ? ((await response.json()) as string[]) : null
}

/** A setting of this run: a variable of the environment; browsers have none. */
export const setting = (name: string): string | undefined => (inBrowser ? undefined : process.env[name])
