import type { HotConfig, RegisteredConfig } from '@hot-config/core'

/** Who gives a request its configuration, one for each middleware. */
export interface Giver {
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  readonly config: HotConfig<any>
  /** Where a request keeps what it read first. */
  readonly pinned: symbol
}

/** The giver of a request: that of the middleware it came through last. */
const GIVER = Symbol('hot-config:giver')
/** What others put at `req.config`. */
const OTHERS = Symbol('hot-config:others')

interface ConfiguredRequest {
  [GIVER]: Giver | undefined
  [OTHERS]?: unknown
  [pinned: symbol]: unknown
}

/** Gives a request its `config`: what the giver has when it is first read, until the request ends. */
export function giveConfig(req: object, giver: Giver): void {
  // what others put there before it was defined would hide it
  if (Object.hasOwn(req, 'config') && !Object.hasOwn(req, GIVER)) Reflect.deleteProperty(req, 'config')
  if (!(GIVER in req)) defineConfig(req)
  ;(req as ConfiguredRequest)[GIVER] = giver
}

/**
 * Defines `req.config` where all requests of an app inherit it. That is done once, while defining it on each of them would
 * take a fifth of what Express needs for a small request. Requests that no middleware gave a configuration keep what others
 * put there.
 */
function defineConfig(req: object): void {
  // each app has an object of its own that requests inherit from, which inherits from that of the app it is mounted on
  let holder = req
  for (;;) {
    const next: unknown = Object.getPrototypeOf(holder)
    if (typeof next !== 'object' || next === null || !Object.hasOwn(next, 'app')) break
    holder = next
  }
  Object.defineProperty(holder, GIVER, { value: undefined, writable: true })
  Object.defineProperty(holder, 'config', {
    configurable: true,
    get(this: ConfiguredRequest): unknown {
      const giver = this[GIVER]
      return giver ? (this[giver.pinned] ??= giver.config.current as RegisteredConfig) : this[OTHERS]
    },
    set(this: ConfiguredRequest, value: unknown) {
      this[OTHERS] = value
    },
  })
}
