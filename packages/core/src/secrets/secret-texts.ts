import { isPlainName } from './secret-names.js'

/** The maximum depth of texts that are encoded within other texts. */
const MAX_DEPTH = 3

/**
 * Hiding texts below the first length would hide too much. Texts from the second length on are found by their pieces.
 */
const [MIN_LENGTH, PIECE_LENGTH] = [3, 6]

/** Words that reveal nothing. */
const EMPTY_WORDS = new Set(['true', 'false', 'null', 'undefined', 'none', 'yes', 'off'])

/** Larger texts are not searched for short parts. */
const MAX_PARTS_LENGTH = 256 * 1024

/**
 * Yields a secret text and the texts that a program may derive from it: the decoded text of base64, hex or
 * URL-encoding, the values in JSON, the password in a URL, the items of a list.
 *
 * Parts with six characters or more are found as pieces of the whole text. So they are yielded only when their spelling
 * differs.
 */
export function* secretTexts(text: string, depth = 0): Generator<string, void, undefined> {
  if (isTelling(text)) yield text
  if (depth === MAX_DEPTH || text.length > MAX_PARTS_LENGTH) return
  const trimmed = text.trim()
  if (trimmed.length < PIECE_LENGTH && trimmed !== text && isTelling(trimmed)) yield trimmed
  // HTML forms encode a blank as a plus. Messages are not decoded that way, because a plus in them may be a real one.
  if (text.includes(' ')) yield text.replaceAll(' ', '+')
  for (const part of decoded(trimmed)) if (part !== text) yield* secretTexts(part, depth + 1)
  for (const part of shortParts(trimmed)) if (part !== text && isTelling(part)) yield part
}

/** Whether a key below a secret is secret itself. */
export function isTellingKey(key: string): boolean {
  return isTelling(key) && !isPlainName(key)
}

function isTelling(text: string): boolean {
  return text.length >= MIN_LENGTH && !(text.length < PIECE_LENGTH * 2 && EMPTY_WORDS.has(text.toLowerCase()))
}

/** Yields the decoded forms of a text. */
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

/** Yields items of lists, values of pairs and the password of a URL, if they are too short to be found as pieces. */
function* shortParts(text: string): Generator<string, void, undefined> {
  const password = passwordOf(text)
  const parts = password === undefined ? listItems(text) : [password, ...attempt(() => decodeURIComponent(password))]
  for (const part of parts) if (part.length < PIECE_LENGTH) yield part
}

/** Returns the password of a URL. One expression for all of it would need quadratic time for a text of colons. */
function passwordOf(text: string): string | undefined {
  const [, userInfo = ''] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)@/i.exec(text) ?? []
  return /^[^:@]*:([^]*)$/.exec(userInfo)?.[1]
}

function* listItems(text: string): Generator<string, void, undefined> {
  for (const item of text.split(/[,;|\n]/)) {
    yield item.trim()
    yield item.replace(/^[^=:]*[=:]/, '').trim()
    // Hiding the words of a sentence would hide too much.
    for (const word of item.split(/\s+/)) if (!/^[a-z]*$/i.test(word)) yield word
  }
}

/** Yields bytes as text, if they are text. */
function* readable(bytes: Buffer): Generator<string, void, undefined> {
  const text = bytes.toString()
  // oxlint-disable-next-line no-control-regex -- text has no such characters
  if (!/[\0-\x08\x0e-\x1f\ufffd]/.test(text)) yield text
}

function attempt<R>(read: () => R): R[] {
  try {
    return [read()]
  } catch {
    return []
  }
}
