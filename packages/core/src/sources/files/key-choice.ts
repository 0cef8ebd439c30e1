/** One part of a pattern: `**`, or an expression that one name in a key must match. */
type Step = RegExp | '**'

type Pattern = readonly Step[]

/**
 * Chooses the keys of a source by patterns: `*` matches any part of a name, `?` one character, `**` any number of
 * folders and `{a,b}` one of several texts. A key that is not chosen is never opened.
 */
export class KeyChoice {
  readonly #keys: readonly Pattern[] | undefined
  readonly #ignore: readonly Pattern[]
  readonly #names: ReadonlySet<string>

  /**
   * @param keys the keys to read, with their folders; default: all keys
   * @param ignore the keys to leave out, by the rules of `.gitignore`: a pattern without a `/` matches in any folder,
   *   and a folder includes all files in it
   */
  constructor(keys?: readonly string[], ignore: readonly string[] = []) {
    this.#keys = keys?.flatMap((key) => expand(key).map(patternOf))
    this.#ignore = ignore.flatMap((glob) => expand(glob).map(ignorePatternOf))
    this.#names = new Set(keys)
  }

  /** Whether every key is read. */
  get isEverything(): boolean {
    return this.#keys === undefined && this.#ignore.length === 0
  }

  /** Whether `keys` has exactly this key, and not only a pattern that matches it. */
  names(key: string): boolean {
    return this.#names.has(key)
  }

  takes(key: string): boolean {
    const names = key.split('/')
    return !this.#ignores(names) && (this.#keys?.some((pattern) => matches(pattern, names)) ?? true)
  }

  /** Whether a folder may contain chosen keys. */
  enters(folder: string): boolean {
    const names = folder.split('/')
    return !this.#ignores(names) && (this.#keys?.some((pattern) => leadsBelow(pattern, names)) ?? true)
  }

  #ignores(names: readonly string[]): boolean {
    return this.#ignore.some((pattern) => names.some((_, index) => matches(pattern, names.slice(0, index + 1))))
  }
}

/** Expands `a.{yaml,json}` to `a.yaml` and `a.json`. */
function expand(glob: string): string[] {
  const [braces, alternatives] = /\{([^{},]*,[^{}]*)\}/.exec(glob) ?? []
  if (braces === undefined || alternatives === undefined) return [glob]
  return alternatives.split(',').flatMap((each) => expand(glob.replace(braces, () => each)))
}

function patternOf(glob: string): Pattern {
  return glob.split('/').map((name) => (name === '**' ? name : nameOf(name)))
}

function ignorePatternOf(glob: string): Pattern {
  const path = glob.replace(/^\/|\/$/g, '')
  return glob.replace(/\/$/, '').includes('/') ? patternOf(path) : ['**', ...patternOf(path)]
}

function nameOf(glob: string): RegExp {
  const escaped = glob.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's')
}

function matches(pattern: Pattern, names: readonly string[], step = 0, at = 0): boolean {
  const expected = pattern[step]
  if (expected === undefined) return at === names.length
  if (expected !== '**') {
    const name = names[at]
    return name !== undefined && expected.test(name) && matches(pattern, names, step + 1, at + 1)
  }
  for (let next = at; next <= names.length; next++) if (matches(pattern, names, step + 1, next)) return true
  return false
}

/** Whether a pattern matches anything below a folder. */
function leadsBelow(pattern: Pattern, names: readonly string[], step = 0): boolean {
  const expected = pattern[step]
  const name = names[step]
  if (expected === undefined) return false
  return name === undefined || expected === '**' || (expected.test(name) && leadsBelow(pattern, names, step + 1))
}
