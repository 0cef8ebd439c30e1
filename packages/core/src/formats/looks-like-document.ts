import type { FormatName } from '../sources/format.js'
import { ENDINGS } from './parsers.js'

/** The format that a text was probably meant to have. `unknown` means a document whose format can't be determined. */
export type ProbableFormat = FormatName | 'json5' | 'unknown'

/** Endings of documents that are not parsed, because the format or the ending is not supported. */
const OTHER_ENDINGS: Readonly<Record<string, ProbableFormat>> = {
  jsonc: 'json5',
  json5: 'json5',
  conf: 'unknown',
  cfg: 'unknown',
  cnf: 'unknown',
  config: 'unknown',
  hocon: 'unknown',
  hcl: 'unknown',
  xml: 'unknown',
}

/** Endings for which misspellings are recognized. A short ending is similar to too many others. */
const LONG_ENDINGS = Object.keys(ENDINGS).filter((ending) => ending.length > 3)

/** Only this many lines are examined. They are enough to recognize a document. */
const MAX_LINES = 100

/** The part of the lines that must look like a document. */
const MIN_RATIO = 0.6

const COMMENT = /^(?:#|;|\/\/|!)/
const LINES: readonly (readonly [format: ProbableFormat, line: RegExp])[] = [
  ['ini', /^\[[^\]]+\]$/],
  ['dotenv', /^export\s+\w+=/],
  ['dotenv', /^[A-Z][A-Z0-9_]*=/],
  ['properties', /^[\w.-]+\s*=/],
  ['yaml', /^(?:- +)?["']?[\w./-]+["']?:(?:\s|$)/],
  ['unknown', /[{}[\]];?,?$|^[{}]/],
]

/**
 * Recognizes a file that is read as one text but looks like a document. The sign is an ending in its name, which may be
 * misspelled or followed by another ending, or else its lines. A certificate, a key or a script is not a document.
 *
 * @param name the name without folders
 * @returns the format that was probably meant, or `undefined` when it does not look like a document
 */
export function looksLikeDocument(name: string, text: string): ProbableFormat | undefined {
  if (/^\s*(?:-----BEGIN |#!)/.test(text)) return undefined
  const lines = text
    .split(/\r?\n/, MAX_LINES)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !COMMENT.test(line))
  if (lines.length === 0) return undefined
  const formats = lines.map((line) => LINES.find(([, pattern]) => pattern.test(line))?.[0])
  const [line, second] = lines
  const content = line !== undefined && second === undefined ? formatOfLine(name, line) : probableFormat(lines, formats)
  const named = formatInName(
    name,
    formats.some((format) => format !== undefined),
  )
  return named === 'unknown' ? (content ?? named) : (named ?? content)
}

/** @param hasSyntax whether a line looks like a document. Without it, a name like `server.json.limit` may be a path. */
function formatInName(name: string, hasSyntax: boolean): ProbableFormat | undefined {
  const [first, ...endings] = name.toLowerCase().split('.')
  // `env.production` is `.env.production` without its dot.
  for (const ending of first === 'env' ? [first, ...endings] : endings) {
    const other = Object.hasOwn(OTHER_ENDINGS, ending) ? OTHER_ENDINGS[ending] : undefined
    if (other && (hasSyntax || ending !== 'config')) return other
    if (!hasSyntax) continue
    if (Object.hasOwn(ENDINGS, ending)) return ENDINGS[ending]
    const meant = LONG_ENDINGS.find((known) => isMisspelt(ending, known))
    if (meant !== undefined) return ENDINGS[meant]
  }
  return undefined
}

/** Whether one letter is missing, added or wrong, or two letters are swapped. */
function isMisspelt(written: string, meant: string): boolean {
  let start = 0
  while (start < meant.length && written[start] === meant[start]) start++
  const [rest, wanted] = [written.slice(start), meant.slice(start)]
  if (written.length < 2) return false
  return (
    rest.slice(1) === wanted.slice(1) ||
    rest.slice(1) === wanted ||
    rest === wanted.slice(1) ||
    (rest.slice(2) === wanted.slice(2) && rest[0] === wanted[1] && rest[1] === wanted[0])
  )
}

/** A key and a value that is one word, in quotes or in brackets: prose and options have more words. */
const ONE_LINE: readonly (readonly [format: ProbableFormat, line: RegExp])[] = [
  ['dotenv', /^export\s+\w+=/],
  ['dotenv', /^[A-Z][A-Z0-9_]+=(?:\S+|"[^"]*"|'[^']*')$/],
  ['properties', /^[a-z][\w.-]*\s*=\s*(?:\S+|"[^"]*"|'[^']*')$/],
  ['yaml', /^["']?(?:[a-z][\w./-]*|[A-Z][A-Z0-9_]+)["']?:\s+(?:\S+|"[^"]*"|'[^']*'|\[.*\]|\{.*\})$/],
  ['yaml', /^\{\s*["']?[\w-]+["']?:\s[^{}]*\}$/],
]

/** The format of a text of one line. A file that is named like a variable, or like a path, is one value. */
function formatOfLine(name: string, line: string): ProbableFormat | undefined {
  const isValue = name.includes('.') || /^[A-Z0-9_]+$/.test(name)
  if (isValue && !line.startsWith('export ')) return undefined
  return isJsonObject(line) ? 'json' : ONE_LINE.find(([, pattern]) => pattern.test(line))?.[0]
}

function isJsonObject(text: string): boolean {
  if (!/^\{\s*"/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function probableFormat(
  lines: readonly string[],
  formats: readonly (ProbableFormat | undefined)[],
): ProbableFormat | undefined {
  // In files with blocks, such as those of nginx, the other lines end with a semicolon.
  const hasBlocks = lines.some((line) => line.endsWith('{'))
  const known = formats.filter((format, index) => format ?? (hasBlocks && lines[index]?.endsWith(';')))
  const [first] = known
  if (known.length === 0 || known.length < lines.length * MIN_RATIO) return undefined
  if (known.some((format) => format === 'unknown' || format === undefined)) return isJson(lines) ? 'json' : 'unknown'
  if (known.includes('ini')) return 'ini'
  return known.every((format) => format === first) ? first : 'properties'
}

function isJson(lines: readonly string[]): boolean {
  return /^[{[]/.test(lines[0] ?? '') && lines.some((line) => /^[{]?\s*"[^"]*"\s*:/.test(line))
}
