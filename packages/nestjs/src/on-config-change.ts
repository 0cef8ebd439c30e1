import { OptionError } from '@hot-config/core'

import { splitArguments } from './named.js'
import type { Named, PathIn } from './named.js'

const SUBSCRIPTIONS = Symbol.for('hot-config:subscriptions')

interface Subscription extends Named {
  /** The part whose changes are wanted. `undefined` means every change. */
  readonly path: string | undefined
}

/** A method with the decorator. */
export interface MarkedMethod extends Subscription {
  readonly method: string | symbol
}

/**
 * Calls the method of a provider, controller, guard, interceptor, pipe, filter or middleware after changes. With a path
 * it is called with `(value, previous, change)` when that part changed, without one with `(change)` after every change.
 *
 * Calls start at the app's bootstrap, with the changes since the first load, and end at its shutdown. When the method
 * throws or rejects, the error is logged and counted, and other listeners still run. Where Nest has no single instance
 * to call, as with request scope, the start fails.
 *
 * @throws {OptionError} for unknown or invalid options, and on static methods, accessors and properties
 */
export function OnConfigChange<const O extends Named = Named>(
  pathOrOptions?: PathIn<O> | Named,
  options?: O,
): MethodDecorator {
  const [path, named] = splitArguments(pathOrOptions, options)
  return (prototype, method, descriptor?: { readonly value?: unknown }) => {
    if (typeof prototype === 'function' || typeof descriptor?.value !== 'function') {
      const owner = typeof prototype === 'function' ? prototype : prototype.constructor
      throw new OptionError(`@OnConfigChange: ${owner.name}.${String(method)} is no method of an instance`)
    }
    const others = ownSubscriptions(prototype, method)
    Reflect.defineMetadata(SUBSCRIPTIONS, [{ ...named, path }, ...others], prototype, method)
  }
}

/** The marked methods of an object, inherited ones included. A method that overrides a marked one needs its own mark. */
export function markedMethods(instance: object): readonly MarkedMethod[] {
  const marked: MarkedMethod[] = []
  const seen = new Set<string | symbol>()
  for (let holder = prototypeOf(instance); holder && holder !== Object.prototype; holder = prototypeOf(holder)) {
    for (const method of Reflect.ownKeys(holder)) {
      if (seen.has(method)) continue
      seen.add(method)
      // The mark is on the prototype and not on the function, because other decorators may replace the function.
      marked.push(...ownSubscriptions(holder, method).map((subscription) => ({ ...subscription, method })))
    }
  }
  return marked
}

function ownSubscriptions(prototype: object, method: string | symbol): readonly Subscription[] {
  return (Reflect.getOwnMetadata(SUBSCRIPTIONS, prototype, method) as readonly Subscription[] | undefined) ?? []
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null
}
