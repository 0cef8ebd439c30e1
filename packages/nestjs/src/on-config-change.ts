import { splitArguments } from './named.js'
import type { Named } from './named.js'

const SUBSCRIPTIONS = Symbol.for('hot-config:subscriptions')

export interface Subscription extends Named {
  /** The part whose changes are wanted. `undefined` means every change. */
  readonly path: string | undefined
}

/**
 * Calls the method of a provider or controller after changes. With a path it is called with `(value, previous, change)`
 * when that part changed, without one with `(change)` after every change.
 *
 * Calls start at the app's bootstrap, with the changes since the first load, and end at its shutdown. When the method
 * throws or rejects, the error is logged and counted, and other listeners still run.
 *
 * @throws {OptionError} for unknown or invalid options
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
