/** `**`, or what one name in a key has to match. */
type Step = RegExp | '**'

type Pattern = readonly Step[]

/**
 * Which keys of a source are read, by patterns: `*` is any part of a name, `?` one character, `**` any number of folders,
 * `{a,b}` one of several. What is not chosen is never opened.
 */
export class KeyChoice {
  readonly #keys: readonly Pattern[] | undefined
  readonly #ignore: readonly Pattern[]
  readonly #names: ReadonlySet<string>

  /**
   * @param keys the keys to read, with their folders; all when not given
   * @param ignore what of them to leave out, by the rules of `.gitignore`: without a `/`, names in any folder; a folder
   *   with all that is in it
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

  /** Whether this very key was asked for, and not by a pattern. */
  names(key: string): boolean {
    return this.#names.has(key)
  }

  takes(key: string): boolean {
    const names = key.split('/')
    return !this.#ignores(names) && (this.#keys?.some((pattern) => matches(pattern, names)) ?? true)
  }

  /** Whether a folder may hold keys that are read. */
  enters(folder: string): boolean {
    const names = folder.split('/')
    return !this.#ignores(names) && (this.#keys?.some((pattern) => leadsBelow(pattern, names)) ?? true)
  }

  #ignores(names: readonly string[]): boolean {
    return this.#ignore.some((pattern) => names.some((_, index) => matches(pattern, names.slice(0, index + 1))))
  }
}

/** `a.{yaml,json}` as `a.yaml` and `a.json`. */
function expand(glob: string): string[] {
  const [braces, alternatives] = /\{([^{}]*,[^{}]*)\}/.exec(glob) ?? []
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
