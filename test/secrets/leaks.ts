/**
 * What of a secret is in a text: any six characters of it, the whole of a shorter one, and any twelve characters of another
 * spelling. Unlike the code under test it spells the secret, and undoes nothing of the text.
 */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  const pieces = new Map<number, Set<string>>()
  for (const secret of secrets) {
    addPieces(pieces, secret, 6)
    for (const spelling of spellingsOf(secret)) if (spelling.length >= 6) addPieces(pieces, spelling, 12)
  }
  const found = new Set<string>()
  for (const [length, known] of pieces) {
    for (let start = 0; start + length <= text.length; start++) {
      const piece = text.slice(start, start + length)
      if (known.has(piece)) found.add(piece)
    }
  }
  return Array.from(found)
}

function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const base64 = [0, 1, 2].map((before) => stableBase64(bytes, before))
  return [
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(bytes.toString()),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** What the base64 of a longer text has of these bytes alone, when so many come before them. */
function stableBase64(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.alloc(3, 'x')]).toString('base64')
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
}

/** All pieces of a size; the whole of a text that is shorter. */
function addPieces(pieces: Map<number, Set<string>>, text: string, size: number): void {
  const length = Math.min(size, text.length)
  const known = pieces.get(length) ?? new Set()
  pieces.set(length, known)
  for (let start = 0; start + length <= text.length; start++) known.add(text.slice(start, start + length))
}
