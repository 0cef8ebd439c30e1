import { OptionError } from '@hot-config/core'

import { splitArguments } from './named.js'
import type { Named } from './named.js'

const SUBSCRIPTIONS = Symbol.for('hot-config:subscriptions')

export interface Subscription extends Named {
  /** `undefined` for every change. */
  readonly path: string | undefined
}

/** A method that a change calls. */
export interface MarkedMethod extends Subscription {
  readonly method: string | symbol
}

/**
 * Calls a method of a provider, controller, guard, interceptor, pipe, filter or middleware after changes: of the part at
 * the path, with `(value, previous, change)`, or without a path of anything, with `(change)`. Calls begin at the app's
 * bootstrap and end at its shutdown. Changes between the first load and the bootstrap are delivered at the bootstrap. A
 * method that fails is logged and counted, and affects nothing else.
 *
 * @throws {OptionError} where no instance has the method: on static methods, accessors and properties
 */
export function OnConfigChange(path?: string, options?: Named): MethodDecorator
export function OnConfigChange(options: Named): MethodDecorator
export function OnConfigChange(pathOrOptions?: string | Named, options?: Named): MethodDecorator {
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
      // of the prototype and not of the function, which other decorators may replace
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
