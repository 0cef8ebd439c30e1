import { NotReadyError, OptionError } from '@hot-config/core'
import type { Path, PathValue, Registered, RegisteredConfig } from '@hot-config/core'
import { namePaths, ownAt, parsePath, textOf, valueAt } from '@hot-config/core/internal'

import type { HotConfigService } from './hot-config.service.js'
import { readNamed } from './named.js'
import type { Named } from './named.js'

declare const VALUE: unique symbol

/** A part of the configuration that providers can inject. */
export interface SliceDefinition<V = unknown> {
  /** The injection token: `@Inject(slice.KEY)`. */
  readonly KEY: string
  readonly path: string
  /** The name of the configuration, if it has one. */
  readonly name: string | undefined
  /** Exists for types only. */
  readonly [VALUE]?: V
}

/** The type of what `@Inject(slice.KEY)` injects. All of it may be missing where the schema has the part as optional. */
export type SliceType<S extends SliceDefinition> =
  S extends SliceDefinition<infer V> ? (undefined extends V ? Partial<NonNullable<V>> : V) : never

const pathOfPart = textOf('a path such as "db"', /./)

/**
 * Defines a part of the configuration to inject. Pass it to `HotConfigModule.forFeature()`.
 *
 * ```ts
 * export const dbSlice = configSlice('db')
 *
 * constructor(@Inject(dbSlice.KEY) private readonly db: SliceType<typeof dbSlice>) {}
 * ```
 *
 * @param path the dotted path of an object, such as `db`
 * @param options the name of the configuration, if it has one
 * @throws {OptionError} for a path that is no text, and for unknown or invalid options
 */
export function configSlice<const P extends Path<Registered>>(path: P): SliceDefinition<PathValue<RegisteredConfig, P>>
export function configSlice<V>(path: string, options: Named): SliceDefinition<V>
export function configSlice(path: string, options: Named = {}): SliceDefinition {
  const { name } = readNamed(options)
  const KEY = ['HotConfigSlice', ...(name === undefined ? [] : [name]), pathOfPart.required(path, 'path')].join(':')
  return { KEY, path, name }
}

/** Returns a read-only object whose properties are always those of the current configuration. */
export function liveSlice({ path }: SliceDefinition, service: HotConfigService): object {
  const segments = parsePath(path)
  const read = (): unknown => valueAt(service.current, segments)
  assertObject(path, ifLoaded(read))
  if ('config' in service) namePaths(service.config, 'configSlice', [path])
  // An empty target: what prints the object must not show what the configuration holds.
  return new Proxy({}, new LivePart(path, read))
}

/** Before the first load there is nothing to check. */
function ifLoaded(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (error instanceof NotReadyError) return undefined
    throw error
  }
}

function assertObject(path: string, value: unknown): void {
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) return
  throw new OptionError(
    `configSlice(${JSON.stringify(path)}): expected the path of an object; ` +
      `inject HotConfigService and call get(${JSON.stringify(path)}) for a single value`,
  )
}

/** Nest looks these up on everything that a factory returns, also before the first load. */
const PROBED = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'then',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
])

/** Reads each property at the moment of its use. */
class LivePart implements ProxyHandler<object> {
  readonly #path: string
  readonly #read: () => unknown

  constructor(path: string, read: () => unknown) {
    this.#path = path
    this.#read = read
  }

  get(target: object, key: string | symbol): unknown {
    const value =
      typeof key === 'string' ? ownAt(PROBED.has(key) ? ifLoaded(this.#read) : this.#read(), key) : undefined
    return value === undefined ? (Reflect.get(target, key) as unknown) : value
  }

  has(target: object, key: string | symbol): boolean {
    return Object.hasOwn(this.#part(), key) || Reflect.has(target, key)
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#part())
  }

  getOwnPropertyDescriptor(_: object, key: string | symbol): PropertyDescriptor | undefined {
    const part = this.#part()
    if (!Object.hasOwn(part, key)) return undefined
    // A proxy must not report a property of its own as fixed when its target has none.
    return { value: Reflect.get(part, key) as unknown, enumerable: true, configurable: true, writable: false }
  }

  set(_: object, key: string | symbol): never {
    return this.#readOnly(key)
  }

  defineProperty(_: object, key: string | symbol): never {
    return this.#readOnly(key)
  }

  deleteProperty(_: object, key: string | symbol): never {
    return this.#readOnly(key)
  }

  #part(): object {
    const value = this.#read()
    return typeof value === 'object' && value !== null ? value : {}
  }

  #readOnly(key: string | symbol): never {
    throw new TypeError(`${this.#path}.${String(key)}: the configuration is read-only`)
  }
}
