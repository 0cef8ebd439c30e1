interface Range {
  readonly type: string
  readonly quality: number
}

/** Tells whether a client prefers HTML to JSON. If it accepts both equally, it gets JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('/')) return false
  const ranges = splitOutsideQuotes(accept, ',').flatMap(parseRange)
  const json = Math.max(qualityOf('application/health+json', ranges), qualityOf('application/json', ranges))
  return qualityOf('text/html', ranges) > json
}

/** The quality of a type, from the most specific range that matches (RFC 9110); 0 when none matches. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const pattern of [type, type.replace(/\/.*/, '/*'), '*/*']) {
    const matching = ranges.filter((range) => range.type === pattern)
    if (matching.length > 0) return Math.max(...matching.map(({ quality }) => quality))
  }
  return 0
}

/** Ignores ranges that are malformed, or that ask for a variant that does not exist. */
function parseRange(text: string): Range[] {
  const [type = '', ...parameters] = splitOutsideQuotes(text, ';').map((part) => part.trim().toLowerCase())
  for (const parameter of parameters) {
    const quality = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(parameter)?.[1]
    if (quality !== undefined) return [{ type, quality: Number(quality) }]
    if (!/^(?:charset="?utf-8"?)?$/.test(parameter)) return []
  }
  return [{ type, quality: 1 }]
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quoted && char === '\\') at++
    else if (char === '"') quoted = !quoted
    else if (!quoted && char === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}
