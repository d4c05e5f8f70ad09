// The compiled extension as text, as core-wasm.d.ts has the core; extension.ts reads it.

/** Bytes of the extension. */
export declare const size: number
/** The packed extension. */
export declare const text: string
