/** How an app compares paths, with Express's words. */
export interface PathRules {
  /** Whether a slash at the end makes another path. */
  readonly strict: boolean
  readonly caseSensitive: boolean
}

/** The part of a request of Node that says what it asks for. */
interface Target {
  readonly method?: string | undefined
  readonly url?: string | undefined
}

const EXACT: PathRules = { strict: true, caseSensitive: true }

/** The path of the health report. Each request of an app is compared with it, so a comparison must cost next to nothing. */
export class HealthPath {
  readonly #path: string
  readonly #patterns = new Map<string, RegExp>()

  constructor(path: string) {
    this.#path = path
  }

  /** Whether a request reads the report. Other methods are left to the app. */
  isReadBy({ method, url = '' }: Target, rules: PathRules = EXACT): boolean {
    if (method !== 'GET' && method !== 'HEAD') return false
    return this.#patternFor(rules).test(url.startsWith('/') ? url : pathOf(url))
  }

  #patternFor({ strict, caseSensitive }: PathRules): RegExp {
    const flags = caseSensitive ? '' : 'i'
    const key = `${flags}${strict}`
    let pattern = this.#patterns.get(key)
    if (!pattern) {
      const path = strict ? this.#path : this.#path.replace(/\/$/, '')
      pattern = new RegExp(`^${escaped(path)}${strict ? '' : '/?'}(?:[?#]|$)`, flags)
      this.#patterns.set(key, pattern)
    }
    return pattern
  }
}

/** Proxies may ask with scheme and host. */
function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
