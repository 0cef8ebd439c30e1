import { AsyncLocalStorage } from 'node:async_hooks'

import { requiredFunction } from '../errors/option-kinds.js'
import { sharedState } from '../async/shared-state.js'

/** What a request or a unit of work pins. */
export interface Pinning {
  readonly config: unknown
}

/**
 * The requests and units of work in progress, of all copies of this package. The storage is made by an adapter whose
 * `requestContext` is on, or by the first unit of work: a program without either pays nothing.
 */
const shared = sharedState<{ requests?: AsyncLocalStorage<Pinning | undefined> }>('requests', () => ({}))

/**
 * Runs work so that everything below it finds the pinning, through every `await`, timer and callback.
 *
 * @throws {OptionError} for work that is no function
 */
export function runPinned<R>(pinning: Pinning, work: () => R): R {
  return openContext().run(pinning, requiredFunction<() => R>()(work, 'work'))
}

/**
 * Runs work of no request and no unit of work, although one may have started it: what lasts longer, such as a watch, would keep
 * that one in memory and its snapshot in use for good.
 */
export function runUnpinned<R>(work: () => R): R {
  return shared.requests ? shared.requests.run(undefined, work) : work()
}

/** The pinning of the request or unit of work in which this is called. */
export function pinningHere(): Pinning | undefined {
  return shared.requests?.getStore()
}

export function isContextOpen(): boolean {
  return shared.requests !== undefined
}

/** Makes the storage, if there is none. */
export function openContext(): AsyncLocalStorage<Pinning | undefined> {
  return (shared.requests ??= new AsyncLocalStorage())
}
