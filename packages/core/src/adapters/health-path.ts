/** How an app compares paths, with Express's words. */
export interface PathRules {
  /** Whether a slash at the end makes another path. */
  readonly strict: boolean
  readonly caseSensitive: boolean
}

const EXACT: PathRules = { strict: true, caseSensitive: true }

/** Whether a request reads the health report: other methods are left to the app. */
export function readsHealth(
  { method, url = '' }: { readonly method?: string | undefined; readonly url?: string | undefined },
  healthPath: string,
  rules: PathRules = EXACT,
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return normal(pathOf(url), rules) === normal(healthPath, rules)
}

/** The path of the target of a request, which proxies may ask for with scheme and host. */
function pathOf(url: string): string {
  const target = url.startsWith('/') || !URL.canParse(url) ? url : new URL(url).pathname
  return target.replace(/[?#].*$/s, '')
}

function normal(path: string, { strict, caseSensitive }: PathRules): string {
  const cased = caseSensitive ? path : path.toLowerCase()
  return strict ? cased : cased.replace(/\/$/, '')
}
