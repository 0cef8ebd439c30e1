import { readOptions, text } from '@hot-config/core/internal'
import type { TableOf } from '@hot-config/core/internal'

/** Which of an app's configurations is meant. */
export interface Named {
  /** As given to `HotConfigModule.forRoot({ name })`. Default: the configuration without a name. */
  readonly name?: string | undefined
}

export const NAMED: TableOf<Named> = { name: text() }

/** Decorators take a path, a name, both or neither. */
export function splitArguments(pathOrOptions: string | Named = {}, options: Named = {}): [string | undefined, Named] {
  return typeof pathOrOptions === 'string' ? [pathOrOptions, readNamed(options)] : [undefined, readNamed(pathOrOptions)]
}

/** @throws {OptionError} */
export function readNamed(options: Named): Named {
  return readOptions(options, NAMED)
}
