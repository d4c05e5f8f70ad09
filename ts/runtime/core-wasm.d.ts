/** The compiled core in base64; assembly/embed.mjs writes the module this declares. */
export declare const base64: string
