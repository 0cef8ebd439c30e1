import { hasMethods } from './has-methods.js'
import { propertyOf } from './thrown.js'

/** Something that is easily passed in place of something else. */
interface Mistakable {
  /** What it is, and what to do with it. */
  readonly what: string
  /** The option that it belongs to. */
  readonly option?: string
}

/** Says what a value is, for an error about an option. It never quotes the value, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === '') return 'an empty text'
  if (Array.isArray(value)) return kindOfList(value)
  if (typeof value === 'number') return kindOfNumber(value)
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'object' && value !== null) return mistakableIn(value)?.what ?? 'an object'
  if (typeof value === 'boolean' || value === null || value === undefined) return String(value)
  return `a ${typeof value}`
}

/** Recognizes what is no object of options, although it is an object. */
export function mistakableIn(value: object): Mistakable | undefined {
  if (hasMethods(value, ['then'])) return { what: 'a promise: await it' }
  if (isHotConfig(value)) return { what: 'a HotConfig', option: 'config' }
  if (isStarted(value)) return { what: 'what startHotConfig() returns, with a HotConfig as its "config"' }
  if (has(value, '~standard')) return { what: 'a schema', option: 'schema' }
  if (has(value, 'name') && hasMethods(value, ['read'])) return { what: 'a source', option: 'sources' }
  if (has(value, 'headers', 'method', 'url'))
    return { what: 'a request: call the function once, and use what it returns' }
  const [, name] = BUILT_IN.exec(tagOf(value)) ?? []
  return name === undefined ? undefined : { what: `${/^[AE]/.test(name) ? 'an' : 'a'} ${name}` }
}

/** Objects of the language and of Node, which have no names of the program. */
const BUILT_IN = /^\[object ((?:Weak)?(?:Map|Set)|Date|RegExp|URL|Error|AbortSignal|\w*Array|(?:Array)?Buffer)\]$/

function tagOf(value: object): string {
  try {
    return Object.prototype.toString.call(value)
  } catch {
    return ''
  }
}

/** Whether it is what `startHotConfig()` returns. */
export function isStarted(value: object): boolean {
  return isHotConfig(propertyOf(value, 'config')) && hasMethods(propertyOf(value, 'ready'), ['then'])
}

function isHotConfig(value: unknown): boolean {
  return hasMethods(value, ['onChange', 'onReject', 'health'])
}

function has(value: object, ...names: readonly string[]): boolean {
  return names.every((name) => propertyOf(value, name) !== undefined)
}

function kindOfList(list: readonly unknown[]): string {
  if (list.length === 0) return 'an empty list'
  const kinds = new Set(Array.from(list, (item) => (Array.isArray(item) ? 'a list' : kindOf(item))))
  return `a list of ${Array.from(kinds).join(' and ')}`
}

function kindOfNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  if (value < 0) return 'a negative number'
  return Number.isInteger(value) ? 'a number' : 'a fraction'
}
