// Mistakes in calls: errors whose message ends with the user's own source line, the first frame of the stack that is
// not the library's. The stack is read in the formats of V8, SpiderMonkey and JavaScriptCore.

/** A TypeError that names the user's line. */
export const typeError = (message: string): TypeError => new TypeError(located(message, userSource()))

/** A RangeError that names the user's line, which may be known already. */
export const rangeError = (message: string, source: string | null | undefined = userSource()): RangeError =>
  new RangeError(located(message, source))

/** The message with where it comes from, if that is known. */
export const located = (message: string, source: string | null | undefined): string =>
  source ? `${message} (${source})` : message

/** `file:line:column` of the innermost call that the user wrote, or null where the stack does not tell. */
export function userSource(): string | null {
  const places = framesOf(currentStack())
  return places.length === 0 ? null : firstOutside(places, libraryRoot(places[0].file))
}

const FRAMES = 100

/** The stack with this function's own frame first. */
function currentStack(): string {
  const { stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = FRAMES
  } catch {
    // Frozen: as many frames as there are.
  }
  const { stack } = new Error()
  try {
    Error.stackTraceLimit = stackTraceLimit
  } catch {}
  return stack ?? ''
}

export interface Frame {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The frames of a stack that name a place in a file. */
export function framesOf(stack: string): Frame[] {
  const frames: Frame[] = []
  for (const text of stack.split('\n')) {
    const match = /^(.+?):(\d+):(\d+)$/.exec(placeOf(text))
    if (match !== null) frames.push({ file: match[1], line: Number(match[2]), column: Number(match[3]) })
  }
  return frames
}

/** V8: `    at f (file:1:2)` or `    at file:1:2`; SpiderMonkey and JavaScriptCore: `f@file:1:2`. */
function placeOf(text: string): string {
  const v8 = /^\s*at (?:async )?(.*)$/.exec(text)
  if (v8 === null) return text.includes('@') ? text.slice(text.indexOf('@') + 1) : ''
  const open = v8[1].indexOf(' (')
  return open >= 0 && v8[1].endsWith(')') ? v8[1].slice(open + 2, -1) : v8[1]
}

/**
 * What the names of the library's files begin with, from the name of this one. Null where a bundler has put library and
 * user into one file, which says nothing about who wrote what.
 */
export function libraryRoot(own: string): string | null {
  const source = /^(.*\/ts\/)errors\.[jt]s$/.exec(own)
  if (source !== null) return source[1]
  const folder = own.slice(0, own.lastIndexOf('/') + 1)
  return folder.endsWith('/dist/') || folder.includes('/node_modules/') ? folder : null
}

/** Files of engines and runtimes are nobody's source line. */
const FOREIGN = /^(?:node|ext|bun|wasm|native|internal|chrome|resource|deno)[:/]|^native$|^<|\[native|eval at /

/** `file:line:column` of the first frame that lies neither under `root` nor in the runtime; null where none does. */
export function firstOutside(frames: readonly Frame[], root: string | null): string | null {
  if (root === null) return null
  const found = frames.find(({ file }) => !file.startsWith(root) && !FOREIGN.test(file))
  return found === undefined ? null : `${found.file.replace(/^file:\/\//, '')}:${found.line}:${found.column}`
}
