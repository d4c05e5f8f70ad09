// What all drawings are made of.

/** A drawing of so many pixels, as the text of an SVG file. */
export const drawing = (width: number, height: number, title: string, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    '</svg>',
  ].join('\n')

/** The line above a drawing. */
export const heading = (x: number, title: string): string =>
  `<text x="${round(x)}" y="22" text-anchor="middle" font-size="15" font-weight="600">${escapeXml(title)}</text>`

export const round = (value: number): number => Math.round(value * 100) / 100

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, character => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!)
