import { parse as parseDotenv } from 'dotenv'
import { parse as parseProperties } from 'dot-properties'
import { parse as parseIni } from 'ini'
import { TomlDate, parse as parseToml } from 'smol-toml'
import * as yaml from 'yaml'

import type { HostileFormat } from './hostile-texts.ts'

type Tree = Record<string, unknown>

/** The text has what the reference reads in another way on purpose: see the docs of the format. */
export const INCOMPARABLE: unique symbol = Symbol('incomparable')

/**
 * What a format's own library makes of a text, in the form of our trees.
 *
 * @returns {@link INCOMPARABLE} for a text that can't be compared
 * @throws for a text that the library rejects
 */
export function referenceOf(format: HostileFormat, text: string): unknown {
  return REFERENCES[format](text)
}

/** Brings one of our trees into the form that is compared. */
export function comparable(format: HostileFormat, tree: unknown): unknown {
  return format === 'toml' ? datesAsIso(tree) : tree
}

const ODD_BLANK = /[^\S \t\r\n]/

const REFERENCES: Readonly<Record<HostileFormat, (text: string) => unknown>> = {
  json: (text) => JSON.parse(text) as unknown,
  yaml: yamlOf,
  toml: (text) => datesAsIso(parseToml(text, { maxDepth: 100, integersAsBigInt: 'asNeeded' })),
  // It also cuts blanks such as a form feed off, which are content for us.
  dotenv: (text) => (ODD_BLANK.test(text) ? INCOMPARABLE : nested(Object.entries(parseDotenv(text)))),
  properties: (text) => nested(Object.entries(parseProperties(text.replace(/\r\n?/g, '\n')) as Record<string, string>)),
  ini: iniOf,
  text: (text) => ({ value: text.replace(/\r?\n$/, '') }),
}

/** YAML 1.2 by another parser. Keys are texts as they are written, since `3.10` is a name. */
function yamlOf(text: string): unknown {
  // It loses the blanks of a block that has nothing else, where the indentation is written.
  if (/[|>][+-]?[1-9]/.test(text)) return INCOMPARABLE
  // It does not know that a carriage return alone ends a line.
  const documents = yaml.parseAllDocuments(text.replace(/\r\n?/g, '\n'), {
    version: '1.2',
    schema: 'core',
    merge: true,
    strict: true,
  })
  if (!Array.isArray(documents)) return {}
  const found = documents.filter(({ contents }) => contents !== null && !isNothing(contents))
  const [document] = found
  if (found.length > 1) throw new Error('several documents')
  // It is stricter than our parser in places where the specification is hard to read.
  if ((documents as yaml.Document.Parsed[]).some(({ errors }) => errors.length > 0)) return INCOMPARABLE
  if (!document) return {}
  yaml.visit(document, {
    Pair: (_, { key }) => {
      if (yaml.isScalar(key) && key.tag === undefined && key.type === 'PLAIN' && key.source !== '<<')
        key.value = key.source
    },
  })
  return document.toJS({ maxAliasCount: -1 }) as unknown
}

function isNothing(node: unknown): boolean {
  return yaml.isScalar(node) && node.value === null && node.source === '' && !node.anchor && !node.tag
}

/** Stands for the text `null`. */
const NULL = '\0null'

/**
 * The library knows no lists of names, cuts at every mark of a comment, reads `true` and `null` as values, and takes a name
 * with the value `null` for that of a section.
 */
function iniOf(text: string): unknown {
  if (/[;#"'\\[\]]/.test(text.replaceAll(/^\[[\w.-]+\]$/gm, '')) || ODD_BLANK.test(text)) return INCOMPARABLE
  const asText = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, below]) => [name, asText(below)]))
      : String(value).replace(NULL, 'null')
  const flat = (tree: Tree, names: readonly string[]): [readonly string[], unknown][] =>
    Object.entries(tree).flatMap(([name, value]): [readonly string[], unknown][] =>
      typeof value === 'object' && value !== null && Object.keys(value).length > 0
        ? flat(value as Tree, [...names, name])
        : [[[...names, name], value]],
    )
  const withoutNull = text.replaceAll(/\r\n?/g, '\n').replaceAll(/^([^=\n]*=)[ \t]*null[ \t]*$/gm, `$1${NULL}`)
  return nested(flat(asText(parseIni(withoutNull)) as Tree, []))
}

/** Names with dots are paths, unless a part between two dots is missing. A key below sections has several names. */
function nested(entries: readonly (readonly [name: string | readonly string[], value: unknown])[]): unknown {
  // without a prototype, which has names such as `valueOf`
  const root = Object.create(null) as Tree
  for (const [name, value] of entries) {
    const names = [name].flat()
    if (names.some((each) => /[[\]]/.test(each))) return INCOMPARABLE
    const path = names.flatMap((each) => (each.split('.').includes('') ? [each] : each.split('.')))
    const last = path.pop() as string
    let parent = root
    for (const segment of path) parent = (parent[segment] ??= Object.create(null)) as Tree
    // a section below names with dots has them as well
    if (typeof value !== 'object' || typeof parent[last] !== 'object') parent[last] = value
  }
  return root
}

/** The notation of a date may differ, and so may the type of a whole number. */
function datesAsIso(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString()
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string' && /^\d\d(?:\d\d-|:)/.test(value)) return dateOf(value)
  if (Array.isArray(value)) return value.map(datesAsIso)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, datesAsIso(below)]))
}

function dateOf(text: string): string {
  try {
    const { date } = parseToml(`date = ${text}`)
    return date instanceof TomlDate ? date.toISOString() : text
  } catch {
    return text
  }
}
