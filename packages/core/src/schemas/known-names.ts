/**
 * The names that a schema knows at one place of a configuration. Lists are looked through: what stands at a place may be
 * one item of a list there.
 */
export interface KnownNames {
  readonly names: ReadonlyMap<string, KnownNames>
  /** What is known below a name that is none of `names`; `undefined` when there must be none. */
  other(name: string): KnownNames | undefined
}

/** Where anything may stand, or where the schema can't tell. */
export const ANY_NAME: KnownNames = { names: new Map(), other: () => ANY_NAME }
