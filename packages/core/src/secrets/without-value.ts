import { atOnce } from '../async/slices.js'
import { checkedText, replaceMarked } from './checked-text.js'
import { spellingsOf } from './spellings.js'
import { MIN_BYTES, TextIndex } from './text-index.js'

/** A value is found by pieces of this many bytes, so that excerpts of a long value are found too. */
const PIECE_LENGTH = 16

/** The text that replaces a value. */
export const THIS_VALUE = 'this value'

/** Removes a value from a message about it. */
export function withoutValue(message: string, value: unknown): string {
  return checkedText(() => {
    const marks = new Uint8Array(message.length)
    markValue(message, value, marks, 1)
    return replaceMarked(message, marks, ['', THIS_VALUE])
  })
}

/** Marks where a message quotes a value, as text or as JSON. Excerpts of long values are found in any spelling. */
export function markValue(message: string, value: unknown, marks: Uint8Array, mark: number): void {
  const isText = typeof value === 'string'
  if (!isText && typeof value !== 'number' && typeof value !== 'bigint') return
  const text = String(value)
  if (isText) markAll(message, JSON.stringify(text), marks, mark, () => true)
  if (!isText || text.length >= MIN_BYTES) {
    const isNumber = !Number.isNaN(Number(text))
    markAll(
      message,
      text,
      marks,
      mark,
      (start, end) => isWord(message, start, end) && !(isNumber && isAfterComparison(message, start)),
    )
  }
  if (text.length < PIECE_LENGTH) return
  const index = new TextIndex(PIECE_LENGTH)
  atOnce(index.add(Buffer.from(text)))
  for (const { bytes, length, from, to } of spellingsOf(message, false)) {
    index.find(bytes, length, (start, end) => marks.fill(mark, from[start], to[end - 1]))
  }
}

function markAll(
  message: string,
  part: string,
  marks: Uint8Array,
  mark: number,
  counts: (start: number, end: number) => boolean,
): void {
  for (let start = message.indexOf(part); start >= 0; start = message.indexOf(part, start + 1)) {
    const end = start + part.length
    if (counts(start, end)) marks.fill(mark, start, end)
  }
}

/** Whether it is a whole word, and not a part of a longer word or of a number with more digits. */
function isWord(message: string, start: number, end: number): boolean {
  return !/[\w.]/.test(message[start - 1] ?? ' ') && !/^[\w.]*\w/.test(message.slice(end, end + 2))
}

/** What a number is compared with is a limit of the schema, as in `expected a number > 0`, also if it is the value. */
function isAfterComparison(message: string, start: number): boolean {
  return /(?:[<>!]=?|\bthan)\s?$/.test(message.slice(Math.max(0, start - 6), start))
}
