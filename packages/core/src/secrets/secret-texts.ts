import { isPlainName } from './secret-names.js'

/** How deep texts are taken apart that were texts within texts. */
const MAX_DEPTH = 3

/** Shorter texts hide too much, and longer ones are found by their pieces. */
const [MIN_LENGTH, PIECE_LENGTH] = [3, 6]

/** What says nothing, wherever it stands. */
const EMPTY_WORDS = new Set(['true', 'false', 'null', 'undefined', 'none', 'yes', 'off'])

/** Larger texts are not taken apart for short parts. */
const MAX_PARTS_LENGTH = 256 * 1024

/**
 * A secret text with what else a program may make of it: decoded where it is itself base64, hex or URL-encoded, the members of
 * JSON, the password of a URL, the items of a list.
 *
 * Parts of six characters and more are found as pieces of the whole. So of those only what is written differently is listed.
 */
export function* secretTexts(text: string, depth = 0): Generator<string, void, undefined> {
  if (isTelling(text)) yield text
  if (depth === MAX_DEPTH || text.length > MAX_PARTS_LENGTH) return
  const trimmed = text.trim()
  if (trimmed.length < PIECE_LENGTH && trimmed !== text && isTelling(trimmed)) yield trimmed
  // forms write a blank as a plus, which is undone here, as in a text it may be just that
  if (text.includes(' ')) yield text.replaceAll(' ', '+')
  for (const part of decoded(trimmed)) if (part !== text) yield* secretTexts(part, depth + 1)
  for (const part of shortParts(trimmed)) if (part !== text && isTelling(part)) yield part
}

/** Whether a key below a secret is a secret text itself. */
export function isTellingKey(key: string): boolean {
  return isTelling(key) && !isPlainName(key)
}

function isTelling(text: string): boolean {
  return text.length >= MIN_LENGTH && !(text.length < PIECE_LENGTH * 2 && EMPTY_WORDS.has(text.toLowerCase()))
}

/** What the text says in other letters. */
function* decoded(text: string): Generator<string, void, undefined> {
  if (/^[[{"]/.test(text)) yield* jsonTexts(text)
  if (/%[\da-f]{2}/i.test(text)) yield* attempt(() => decodeURIComponent(text))
  if (/^(?:[\da-f]{2}){3,}$/i.test(text)) yield* readable(Buffer.from(text, 'hex'))
  if (/^[\w+/-]{4,}={0,2}$/.test(text)) yield* readable(Buffer.from(text, 'base64'))
}

function* jsonTexts(text: string): Generator<string, void, undefined> {
  const [root] = attempt(() => JSON.parse(text) as unknown)
  const stack = [root]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value === 'string' || typeof value === 'number') yield String(value)
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value)) yield* Object.keys(value).filter(isTellingKey)
    stack.push(...Object.values(value))
  }
}

/** Items of lists, values of pairs, the password of a URL: those that are too short to be found as pieces. */
function* shortParts(text: string): Generator<string, void, undefined> {
  const password = /^[a-z][a-z\d+.-]*:\/\/[^/?#@]*?:([^/?#]*)@/i.exec(text)?.[1]
  const parts = password === undefined ? listItems(text) : [password, ...attempt(() => decodeURIComponent(password))]
  for (const part of parts) if (part.length < PIECE_LENGTH) yield part
}

function* listItems(text: string): Generator<string, void, undefined> {
  for (const item of text.split(/[,;|\n]/)) {
    yield item.trim()
    yield item.replace(/^[^=:]*[=:]/, '').trim()
    // words of a sentence would hide too much
    for (const word of item.split(/\s+/)) if (!/^[a-z]*$/i.test(word)) yield word
  }
}

/** Bytes that are text. */
function* readable(bytes: Buffer): Generator<string, void, undefined> {
  const text = bytes.toString()
  // oxlint-disable-next-line no-control-regex -- they are what text does not have
  if (!/[\0-\x08\x0e-\x1f\ufffd]/.test(text)) yield text
}

function attempt<R>(read: () => R): R[] {
  try {
    return [read()]
  } catch {
    return []
  }
}
