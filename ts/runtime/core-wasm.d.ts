// The compiled core as text; assembly/embed.mjs writes the module this declares, decode.ts reads it.

/** The characters of the text, in the order of their numbers. */
export declare const alphabet: string
/** How many of them stand for a byte alone; the others begin a pair. */
export declare const singles: number
/** The byte values, the commonest first, two hexadecimal digits each. */
export declare const order: string
export declare const text: string
