import { FORMAT_NAMES, isFormat } from '../sources/format.js'
import type { Format, FormatName } from '../sources/format.js'
import { ownParser } from './own-format.js'
import type { Parser } from './parser.js'
import { SyntaxProblem } from './syntax-problem.js'

type ParsedName = Exclude<FormatName, 'text'>

/** Loads the parser of each format. A parser is loaded only when the first file of its format appears. */
const LOADERS: Readonly<Record<ParsedName, () => Promise<Parser>>> = {
  json: async () => (await import('./json.js')).json,
  yaml: async () => (await import('./yaml.js')).yaml,
  toml: async () => (await import('./toml.js')).toml,
  dotenv: async () => (await import('./dotenv.js')).dotenv,
  properties: async () => (await import('./properties.js')).properties,
  ini: async () => (await import('./ini.js')).ini,
}

/** The format of each known ending. */
export const ENDINGS: Readonly<Record<string, ParsedName>> = {
  json: 'json',
  yaml: 'yaml',
  yml: 'yaml',
  toml: 'toml',
  env: 'dotenv',
  properties: 'properties',
  ini: 'ini',
}

/** Returns the format that the name of a file implies, by its ending or because it begins with `.env.`. */
export function formatOf(name: string): FormatName {
  const written = name.toLowerCase()
  const ending = written.slice(written.lastIndexOf('.') + 1)
  if (written.includes('.') && Object.hasOwn(ENDINGS, ending)) return ENDINGS[ending] as FormatName
  return written.startsWith('.env.') ? 'dotenv' : 'text'
}

/** The parsers that were loaded. A repeated `import()` takes longer than parsing a small file. */
const loaded = new Map<string, Parser>()

/** Returns the parser for a format, or `undefined` for `text`, which is one value. */
export async function parserOf(format: FormatName | Format): Promise<Parser | undefined> {
  if (!isFormat(format)) throw new SyntaxProblem(`the source names no format: expected ${FORMAT_NAMES.join(', ')}`)
  if (typeof format === 'object') return ownParser(format)
  if (format === 'text') return undefined
  let parser = loaded.get(format)
  if (!parser) loaded.set(format, (parser = await LOADERS[format]()))
  return parser
}
