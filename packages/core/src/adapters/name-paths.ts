import type { HotConfigInstance } from '../hot-config-instance.js'

/**
 * Has a configuration warn about paths that the program names, such as those of decorators, when neither the schema nor
 * the configuration has them. A configuration that somebody else implemented is left alone.
 *
 * @param what names them in the warning, such as `@OnConfigChange`
 */
export function namePaths(config: object, what: string, paths: readonly string[]): void {
  const named = config as Partial<Pick<HotConfigInstance<unknown>, 'namedPaths'>>
  named.namedPaths?.add(what, paths)
}
