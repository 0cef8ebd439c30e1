import type { ContentWarning } from '../errors/content-warning.js'
import { looksLikeDocument } from '../formats/looks-like-document.js'
import { FORMAT_NAMES } from '../sources/format.js'
import { formatPath } from '../trees/path.js'

/** A file that is read as one value. */
interface TextFile {
  readonly key: string
  readonly text: string
  readonly path: readonly string[]
  /** Whether the source has the options `formats` and `ignore`. Otherwise it is one file, with the option `format`. */
  readonly hasKeys: boolean
}

/** What is probably wrong with a file that is read as one value: that it is a document. */
export function documentHint({ key, text, path, hasKeys }: TextFile): Omit<ContentWarning, 'source'> | undefined {
  const probable = looksLikeDocument(key.slice(key.lastIndexOf('/') + 1), text)
  if (probable === undefined) return undefined
  const isKnown = (FORMAT_NAMES as readonly string[]).includes(probable)
  const [format, otherwise] = isKnown ? [probable, ", or 'text' if it is one"] : ['text', ' if it is one']
  const option = hasKeys ? `formats: { '${key}': '${format}' }` : `format: '${format}'`
  const leaveOut = hasKeys ? `, or leave it out with ignore: ['${key}']` : ''
  const message = `is read as one text, and looks like a document: name its format with ${option}${otherwise}${leaveOut}`
  return { file: key, path: formatPath(path), message }
}
