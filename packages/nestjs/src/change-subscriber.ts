import { OptionError } from '@hot-config/core'
import type { Change, ChangeListener, Unsubscribe } from '@hot-config/core'
import { isSame, messageOf, namePaths, parsePath, valueAt } from '@hot-config/core/internal'
import { Inject, Injectable } from '@nestjs/common'
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common'
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core'

import { newInstances } from './app-instances.js'
import type { AppInstance } from './app-instances.js'
import { getHotConfigToken } from './inject-hot-config.js'
import { livePathsOf } from './live-config.js'
import { LOADED } from './module-state.js'
import type { Loaded } from './module-state.js'
import { markedMethods } from './on-config-change.js'
import type { MarkedMethod } from './on-config-change.js'

type Listener = ChangeListener<unknown>
type Methods = Record<string | symbol, (...args: unknown[]) => unknown>

/** Finds the methods that `@OnConfigChange` marks and calls them, from the app's bootstrap to its shutdown. */
@Injectable()
export class ChangeSubscriber implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #loaded: Loaded
  readonly #modules: ModulesContainer
  readonly #app: ApplicationConfig
  readonly #ref: ModuleRef
  readonly #known = new WeakSet<object>()
  readonly #paths: string[] = []
  readonly #unsubscribes: Unsubscribe[] = []

  constructor(
    @Inject(LOADED) loaded: Loaded,
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) app: ApplicationConfig,
    @Inject(ModuleRef) ref: ModuleRef,
  ) {
    this.#loaded = loaded
    this.#modules = modules
    this.#app = app
    this.#ref = ref
  }

  /** @throws {OptionError} for a method with the decorator that has no single instance */
  onApplicationBootstrap(): void {
    const { config, earlyChanges } = this.#loaded
    if (!config || this.#loaded.isDelegate) return
    const listeners = Array.from(this.#newInstances(), (found) => this.#listenersOf(found)).flat()
    namePaths(config, '@LiveConfig', livePathsOf(this.#loaded.service))
    namePaths(config, '@OnConfigChange', this.#paths)
    earlyChanges?.deliver((change) => callAll(listeners, change))
    // After the others, or a listener that it finds and calls would be called twice for one change.
    for (const listener of [...listeners, (change: Change<unknown>) => this.#callNew(change)]) this.#listen(listener)
  }

  onModuleDestroy(): void {
    this.#loaded.earlyChanges?.close()
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
  }

  /** Nest calls no hook of lazily loaded modules, so their providers are found by the first change after. */
  #callNew(change: Change<unknown>): Promise<void> | undefined {
    const calls: Listener[] = []
    for (const found of this.#newInstances()) {
      try {
        const listeners = this.#listenersOf(found)
        for (const listener of listeners) this.#listen(listener)
        calls.push(...listeners)
      } catch (error) {
        calls.push(() => Promise.reject(error))
      }
    }
    if (calls.length === 0) return undefined
    if (this.#loaded.config) namePaths(this.#loaded.config, '@OnConfigChange', this.#paths)
    return callAll(calls, change)
  }

  #newInstances(): Iterable<AppInstance> {
    return newInstances(this.#modules, this.#app, this.#known)
  }

  #listen(listener: Listener): void {
    const unsubscribe = this.#loaded.config?.onChange(listener)
    if (unsubscribe) this.#unsubscribes.push(unsubscribe)
  }

  #listenersOf({ instance, name, isSingle }: AppInstance): Listener[] {
    const marked = markedMethods(instance).filter((each) => this.#isOwn(each.name))
    const [first] = marked
    if (first && !isSingle) {
      const reason = 'it, or something that it injects, has request or transient scope; expected default scope'
      throw new OptionError(
        `@OnConfigChange: ${name} has no single instance to call ${String(first.method)}() on: ${reason}`,
      )
    }
    this.#paths.push(...marked.flatMap(({ path }) => path ?? []))
    return marked.map((each) => listenerOf(instance as Methods, each))
  }

  /** @throws {UnknownElementException} when there is no configuration with that name */
  #isOwn(name: string | undefined): boolean {
    if (name === this.#loaded.name) return true
    this.#ref.get(getHotConfigToken(name), { strict: false })
    return false
  }
}

function listenerOf(instance: Methods, { method, path }: MarkedMethod): Listener {
  if (path === undefined) return (change) => instance[method]?.(change)
  const segments = parsePath(path)
  return (change) => {
    const [value, previous] = [change.next, change.previous].map((snapshot) => valueAt(snapshot.value, segments))
    return isSame(value, previous) ? undefined : instance[method]?.(value, previous, change)
  }
}

/** Calls all listeners. Rejects with the errors of those that failed, after all have ended. */
async function callAll(listeners: readonly Listener[], change: Change<unknown>): Promise<void> {
  const results = await Promise.allSettled(listeners.map(async (listener) => listener(change)))
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (errors.length > 1) throw new AggregateError(errors, errors.map(messageOf).join('; '))
  if (errors.length === 1) throw errors[0]
}
