// The compiled core as text; assembly/embed.mjs writes the module this declares, decode.ts reads it.

/** Bytes of the core. */
export declare const size: number
/** The packed core, six bits a character: `=` to `}` without the backslash. */
export declare const text: string
/** The module that unpacks it (assembly/unpack.ts), in base64. */
export declare const unpacker: string
