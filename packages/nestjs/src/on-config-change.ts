import { splitArguments } from './named.js'
import type { Named } from './named.js'

const SUBSCRIPTIONS = Symbol.for('hot-config:subscriptions')

export interface Subscription extends Named {
  /** `undefined` for every change. */
  readonly path: string | undefined
}

/**
 * Calls a provider's or controller's method after changes: of the part at the path, with `(value, previous, change)`,
 * or without a path of anything, with `(change)`. From the app's bootstrap to its shutdown; changes since the first load
 * are made up for. A method that fails is logged and counted and disturbs nobody.
 */
export function OnConfigChange(path?: string, options?: Named): MethodDecorator
export function OnConfigChange(options: Named): MethodDecorator
export function OnConfigChange(pathOrOptions?: string | Named, options?: Named): MethodDecorator {
  const [path, named] = splitArguments(pathOrOptions, options)
  return (prototype, method, descriptor) => {
    const others = subscriptionsOf(prototype, method)
    Reflect.defineMetadata(SUBSCRIPTIONS, [{ ...named, path }, ...others], descriptor.value as object)
  }
}

export function subscriptionsOf(prototype: object, method: string | symbol): readonly Subscription[] {
  const { [method]: marked } = prototype as Record<string | symbol, object>
  const subscriptions = marked && (Reflect.getMetadata(SUBSCRIPTIONS, marked) as readonly Subscription[] | undefined)
  return subscriptions ?? []
}
