import type { ContentWarning } from '../errors/content-warning.js'
import { looksLikeDocument } from '../formats/looks-like-document.js'
import type { ProbableFormat } from '../formats/looks-like-document.js'
import { isFormat } from '../sources/format.js'
import type { FileEntry } from '../sources/source.js'
import { formatPath } from '../trees/path.js'
import { fileOf } from './entry.js'

/** A file that is read as text, although it is probably a document. */
export interface DocumentHint {
  readonly probably: ProbableFormat | 'program'
  /** The path of its text in the configuration. */
  readonly path: readonly string[]
}

/** The names of programs in JavaScript and TypeScript, which other libraries run to get their configuration. */
const PROGRAM = /\.[cm]?[jt]s$/i

/**
 * Finds out whether a file that is read as text is probably a document. Then the text is hidden like a secret: it may
 * contain secrets, and `redact` names paths inside the document, which a text does not have.
 *
 * @param name the name without folders
 */
export function documentHint(name: string, text: string, path: readonly string[]): DocumentHint | undefined {
  const probably = PROGRAM.test(name) ? 'program' : looksLikeDocument(name, text)
  return probably && { probably, path }
}

/**
 * Creates the message with what to do.
 *
 * @param hasKeys whether the source has the options `formats` and `ignore`
 * @returns `undefined` for a program among the keys of a volume, which is there for somebody else
 */
export function hintAbout(
  source: string,
  entry: FileEntry,
  { probably, path }: DocumentHint,
  hasKeys: boolean | undefined,
): ContentWarning | undefined {
  const { key } = entry
  if (probably === 'program') {
    const message = `is read as one text, because programs are not run: write values(require('./${key}')), or format: 'text'`
    return hasKeys ? undefined : { source, file: fileOf(entry), path: formatPath(path), message }
  }
  const format = probably === 'json5' ? probably : `'${isFormat(probably) ? probably : 'text'}'`
  const option = hasKeys ? `formats: { '${key}': ${format} }` : `format: ${format}`
  const own = probably === 'json5' ? ', a format of your own' : ''
  const otherwise = probably === 'unknown' ? ' if it is one' : `${own}, or 'text' if it is one`
  const ignore = hasKeys ? `, or leave it out with ignore: ['${key}']` : ''
  const message = `is read as one text, but looks like a document: name its format with ${option}${otherwise}${ignore}`
  return { source, file: fileOf(entry), path: formatPath(path), message }
}
