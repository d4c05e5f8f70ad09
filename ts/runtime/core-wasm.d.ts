// The compiled core as text; assembly/embed.mjs writes the module this declares, decode.ts reads it.

/** The characters of the text, in the order of their numbers. */
export declare const alphabet: string
/** The bytes that a character alone stands for, two hexadecimal digits each; others take a pair, in ascending order. */
export declare const common: string
export declare const text: string
