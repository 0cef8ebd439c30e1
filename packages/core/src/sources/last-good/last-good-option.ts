import { resolve } from 'node:path'

import { nested } from '../../errors/option-checks.js'
import type { OptionReader, TableOf } from '../../errors/option-checks.js'
import { hasMethods } from '../../errors/has-methods.js'
import { boolean, optionKind, text } from '../../errors/option-kinds.js'
import { FileStore } from './file-store.js'
import type { LastGoodStore } from './last-good-store.js'

/** The option `lastGood`: a path, a store, or one of them and whether the entries of secrets are kept there too. */
export type LastGoodOption = string | LastGoodStore | LastGoodOptions

export interface LastGoodOptions {
  readonly store: string | LastGoodStore
  /** Whether the entries of secrets are kept as well. Default `false`. */
  readonly secrets?: boolean | undefined
}

export interface LastGoodSettings {
  readonly store: LastGoodStore
  readonly secrets: boolean
}

const EXPECTED = 'the path of a file such as "/var/lib/shop/last-good.json", or a store such as lastGoodConfigMap()'

const storeKind = optionKind<string | LastGoodStore>(EXPECTED, (value) =>
  typeof value === 'string' ? text.accepts(value) : hasMethods(value, ['load', 'save']),
)

const TABLE = { store: storeKind.required, secrets: boolean(false) } satisfies TableOf<LastGoodOptions>

const settings = nested(TABLE)

/** Reads the option. */
export const lastGoodOption: OptionReader<LastGoodSettings | undefined> = (value, name) => {
  if (value === undefined) return undefined
  // a store of the program may have a property `store` of its own
  const isSettings = typeof value === 'object' && value !== null && 'store' in value && !storeKind.accepts(value)
  const { store, secrets } = (isSettings && settings(value, name)) || {
    store: storeKind.required(value, name),
    secrets: false,
  }
  return { store: typeof store === 'string' ? new FileStore(resolve(store)) : store, secrets }
}
