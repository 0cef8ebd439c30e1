/** - `error`: a service would reject it. - `warning`: probably a mistake. - `note`: good to know. */
export type Level = 'error' | 'warning' | 'note'

/** One thing to tell about a manifest, and where. Never holds a value that may be secret. */
export interface Finding {
  readonly level: Level
  /** Which kind of finding, the same for all of its kind. */
  readonly rule: string
  readonly file: string
  /** Counted from 1. */
  readonly line?: number
  /** Counted from 1. */
  readonly column?: number
  /** The object, such as `ConfigMap shop-config`. */
  readonly object?: string
  /** The key of the object. */
  readonly key?: string
  /** Where in the configuration. */
  readonly path?: string
  readonly message: string
}

/** A place in a ConfigMap or Secret of a manifest. */
export interface ObjectPlace {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly object: string
  readonly key?: string
}

/** What an update of an object changes, and the place of the new value. Secrets are redacted. */
export interface ObjectChange extends ObjectPlace {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/** The result of a validation. */
export interface Report {
  /** How many objects were validated. */
  readonly objects: number
  readonly findings: readonly Finding[]
  /** With `--against`, unless an option names a path that nobody has. */
  readonly changes?: readonly ObjectChange[]
  /** How many more values change. */
  readonly omittedChanges?: number
}
