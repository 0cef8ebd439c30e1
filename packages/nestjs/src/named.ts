import type { Path, Registered } from '@hot-config/core'
import { readOptions, text } from '@hot-config/core/internal'
import type { TableOf } from '@hot-config/core/internal'

/** Selects one of an app's configurations. */
export interface Named {
  /** The `name` that `HotConfigModule.forRoot()` received. Default: the configuration without a name. */
  readonly name?: string | undefined
}

/** The paths of a configuration: those of the registered type, or any for a configuration with a name. */
export type PathIn<O extends Named> = O extends { readonly name: string } ? string : Path<Registered>

export const NAMED: TableOf<Named> = { name: text() }

/** Sorts the arguments of a decorator, which accepts a path, a name, both or neither. @throws {OptionError} */
export function splitArguments(pathOrOptions: string | Named = {}, options: Named = {}): [string | undefined, Named] {
  return typeof pathOrOptions === 'string' ? [pathOrOptions, readNamed(options)] : [undefined, readNamed(pathOrOptions)]
}

/** @throws {OptionError} */
export function readNamed(options: Named): Named {
  return readOptions(options, NAMED)
}
