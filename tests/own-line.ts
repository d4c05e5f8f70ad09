// Messages end with the user's own line: what a test expects of that.
import { framesOf } from '../ts/errors.js'

/** JavaScriptCore leaves out the frames of functions that end in a call, as most that tests hand over do. */
const frames = (): number => framesOf(new Error().stack ?? '').length
const framesAfterTailCall = (): number => frames()
const keepsFrames = framesAfterTailCall() > frames()

/** The end of a message: a line of a file with this in its name; where frames are left out, of some file. */
export const ownLine = (file: string): RegExp =>
  keepsFrames ? new RegExp(`\\([^()]*${file}[^()]*\\.[jt]s:\\d+:\\d+\\)$`) : /\(.+:\d+:\d+\)$/
