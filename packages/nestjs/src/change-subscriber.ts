import { OptionError } from '@hot-config/core'
import type { ChangeListener, HotConfig, Unsubscribe } from '@hot-config/core'
import { isSame, parsePath, valueAt } from '@hot-config/core/internal'
import { Inject, Injectable } from '@nestjs/common'
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common'
import { DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core'

import { getHotConfigToken } from './inject-hot-config.js'
import { LOADED } from './module-state.js'
import type { Loaded } from './module-state.js'
import { subscriptionsOf } from './on-config-change.js'

type Listener = ChangeListener<unknown>
type Instance = Record<string, (...args: unknown[]) => unknown>

/** Finds the methods that `@OnConfigChange` marks and calls them, from the app's bootstrap to its shutdown. */
@Injectable()
export class ChangeSubscriber implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #name: string | undefined
  readonly #config: HotConfig<unknown>
  readonly #discovery: DiscoveryService
  readonly #scanner: MetadataScanner
  readonly #modules: ModuleRef
  #listeners: readonly Listener[] = []
  #unsubscribes: readonly Unsubscribe[]
  #bootstrapped!: () => void

  constructor(
    @Inject(LOADED) { name, config }: Loaded,
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(MetadataScanner) scanner: MetadataScanner,
    @Inject(ModuleRef) modules: ModuleRef,
  ) {
    this.#name = name
    this.#config = config
    this.#discovery = discovery
    this.#scanner = scanner
    this.#modules = modules
    // A provider may already have read a value that changes during bootstrap. Such changes wait until all providers
    // exist.
    const bootstrapped = new Promise<void>((resolve) => (this.#bootstrapped = resolve))
    const early = config.onChange(async (change) => {
      await bootstrapped
      await Promise.all(this.#listeners.map(async (listener) => listener(change)))
    })
    this.#unsubscribes = [early]
  }

  onApplicationBootstrap(): void {
    const wrappers = [...this.#discovery.getProviders(), ...this.#discovery.getControllers()]
    // An alias shares the instance of its provider, which must be called once.
    const instances = new Map(wrappers.map((wrapper) => [wrapper.instance as unknown, wrapper]))
    this.#listeners = Array.from(instances, ([instance, wrapper]) => {
      const listeners = isObject(instance) ? this.#listenersOf(instance) : []
      if (listeners.length > 0 && (wrapper.isTransient || !wrapper.isDependencyTreeStatic())) {
        throw new OptionError(
          `@OnConfigChange: ${String(wrapper.name)} has no single instance to call; expected default scope`,
        )
      }
      return listeners
    }).flat()
    this.#stop()
    this.#unsubscribes = this.#listeners.map((listener) => this.#config.onChange(listener))
    this.#bootstrapped()
  }

  onModuleDestroy(): void {
    this.#stop()
  }

  #stop(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
  }

  #listenersOf(instance: Instance): Listener[] {
    const prototype = Object.getPrototypeOf(instance) as Instance | null
    return this.#scanner.getAllMethodNames(prototype).flatMap((method) =>
      subscriptionsOf(instance, method)
        .filter(({ name }) => this.#isOwn(name))
        .map(({ path }) =>
          path === undefined ? (change) => instance[method]?.(change) : onPart(instance, method, path),
        ),
    )
  }

  /** @throws {UnknownElementException} when there is no configuration with that name */
  #isOwn(name: string | undefined): boolean {
    if (name === this.#name) return true
    this.#modules.get(getHotConfigToken(name), { strict: false })
    return false
  }
}

function onPart(instance: Instance, method: string, path: string): Listener {
  const segments = parsePath(path)
  return (change) => {
    const [value, previous] = [change.next, change.previous].map((snapshot) => valueAt(snapshot.value, segments))
    return isSame(value, previous) ? undefined : instance[method]?.(value, previous, change)
  }
}

function isObject(value: unknown): value is Instance {
  return typeof value === 'object' && value !== null
}
