import { boolean, constantFrom, record } from 'fast-check'
import type { Arbitrary } from 'fast-check'

import type { Files } from './content.ts'

/** The options of a process. */
export interface Settings {
  readonly hasFallback: boolean
  readonly hasGuard: boolean
  readonly hasStore: boolean
  /** Whether updates wait a little. */
  readonly isDelayed: boolean
  /** Whether `c` can't change while the process runs. */
  readonly holdsC: boolean
  readonly acceptsEmptied: boolean
  /** What becomes of names that the schema does not know. */
  readonly unknown: 'ignore' | 'warn' | 'reject'
  /** What the program itself sets, after all sources. */
  readonly own: Files | undefined
}

export const settings: Arbitrary<Settings> = record({
  hasFallback: boolean(),
  hasGuard: constantFrom(false, true, true),
  hasStore: boolean(),
  isDelayed: boolean(),
  holdsC: boolean(),
  acceptsEmptied: boolean(),
  unknown: constantFrom('warn', 'ignore', 'reject'),
  own: constantFrom<(Files | undefined)[]>(undefined, undefined, { a: 5 }),
})
