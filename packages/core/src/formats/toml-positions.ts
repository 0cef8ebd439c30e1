import { parse } from 'smol-toml'

import { SyntaxProblem } from './syntax-problem.js'
import { addPosition, emptyPositionMap, positionFinder } from './positions.js'
import type { Position, PositionMap } from './positions.js'

const BLANKS = /[ \t]*/y
const BLANKS_AND_LINES = /[ \t\r\n]*/y
const BARE_KEY = /[^\s.=\]"']+/y
/** A number, a date or a boolean. A blank may separate a date from its time. */
const LITERAL = /\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+/y
const DATE = /^(?:\d{4}-\d\d-|\d\d:)/

/** Finds the positions of the values in a TOML text. The position of a value in a table is that of its key. */
export function mapPositions(text: string): PositionMap {
  return new Scanner(text).scan()
}

/** Scans a text that the parser has accepted. It finds positions and does not report faults. */
class Scanner {
  readonly #text: string
  readonly #positionAt: (offset: number) => Position
  readonly #root = emptyPositionMap()
  /** The arrays of tables, whose elements have headers of their own. */
  readonly #tableArrays = new Set<PositionMap>()
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#positionAt = positionFinder(text)
  }

  scan(): PositionMap {
    let table = this.#root
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      if (this.#char === '[') table = this.#header()
      else this.#keyValue(table)
    }
    return this.#root
  }

  get #char(): string {
    return this.#text.charAt(this.#at)
  }

  /** Reads a header, `[a.b]` or `[[a.b]]`. @returns the table that the next keys belong to */
  #header(): PositionMap {
    const position = this.#positionAt(this.#at)
    const isElement = this.#text.startsWith('[[', this.#at)
    const brackets = isElement ? 2 : 1
    this.#at += brackets
    let place = this.#root
    for (const segment of this.#key()) {
      place = this.#lastElement(place)
      place = place.below.get(segment) ?? addPosition(place, segment, position)
    }
    this.#at += brackets
    if (!isElement) {
      place.position = position
      return this.#lastElement(place)
    }
    this.#tableArrays.add(place)
    return addPosition(place, place.below.size, position)
  }

  /** The table that a name in a header refers to: for an array of tables, its last element. */
  #lastElement(place: PositionMap): PositionMap {
    return (this.#tableArrays.has(place) && place.below.get(String(place.below.size - 1))) || place
  }

  #keyValue(table: PositionMap): void {
    const position = this.#positionAt(this.#at)
    let place = table
    for (const segment of this.#key()) place = place.below.get(segment) ?? addPosition(place, segment, position)
    // Skips the equals sign.
    this.#at++
    this.#match(BLANKS)
    this.#value(place)
  }

  /** Reads a dotted key and the blanks around it. @returns its parts */
  #key(): string[] {
    const segments: string[] = []
    do {
      if (segments.length > 0) this.#at++
      this.#match(BLANKS)
      const quoted = this.#char === '"' || this.#char === "'"
      segments.push(quoted ? unquote(this.#string()) : this.#match(BARE_KEY))
      this.#match(BLANKS)
    } while (this.#char === '.')
    return segments
  }

  #value(place: PositionMap): void {
    if (this.#char === '"' || this.#char === "'") this.#string()
    else if (this.#char === '[') this.#items(']', () => this.#item(place))
    else if (this.#char === '{') this.#items('}', () => this.#keyValue(place))
    else {
      const literal = this.#match(LITERAL)
      if (DATE.test(literal)) place.date = literal
      else if (literal !== 'true' && literal !== 'false') place.number = literal
    }
  }

  #item(array: PositionMap): void {
    this.#value(addPosition(array, array.below.size, this.#positionAt(this.#at)))
  }

  /** Reads the items between brackets or braces, which have commas between them. */
  #items(closing: string, one: () => void): void {
    this.#at++
    for (this.#skip(); this.#char !== closing; this.#skip()) {
      this.#checkEnd()
      if (this.#char === ',') this.#at++
      else one()
    }
    this.#at++
  }

  /** Reads a text with its quotes. */
  #string(): string {
    const start = this.#at
    const quote = this.#char
    const isLong = this.#text.startsWith(quote.repeat(3), start)
    const closing = isLong ? quote.repeat(3) : quote
    this.#at += closing.length
    while (!this.#text.startsWith(closing, this.#at)) {
      this.#checkEnd()
      this.#at += quote === '"' && this.#char === '\\' ? 2 : 1
    }
    this.#at += closing.length
    // The text may end with one or two quotes, directly before the three closing ones.
    if (isLong) while (this.#char === quote) this.#at++
    return this.#text.slice(start, this.#at)
  }

  /** Skips blanks, ends of lines and comments. */
  #skip(): void {
    this.#match(BLANKS_AND_LINES)
    while (this.#char === '#') {
      const end = this.#text.indexOf('\n', this.#at)
      this.#at = end < 0 ? this.#text.length : end
      this.#match(BLANKS_AND_LINES)
    }
  }

  /** Throws at the end of the text. Otherwise, a text that is not TOML could cause an endless loop. */
  #checkEnd(): void {
    if (this.#at >= this.#text.length) throw new SyntaxProblem('is not TOML')
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [match = ''] = pattern.exec(this.#text) ?? []
    this.#at += match.length
    return match
  }
}

function unquote(text: string): string {
  return parse(`key = ${text}`)['key'] as string
}
