import { OptionError } from '@hot-config/core'
import type { AdapterOptions, Schema } from '@hot-config/core'
import {
  ADAPTER_OPTIONS,
  boolean,
  checkIsOptions,
  healthOption,
  optionalFunction,
  readOptions,
} from '@hot-config/core/internal'
import type { ConfigurableModuleAsyncOptions } from '@nestjs/common'

import { NAMED } from './named.js'
import type { Named } from './named.js'
import { injectionToken, list } from './option-kinds.js'

/** The options that Nest needs before anything is loaded. With `forRootAsync`, pass them beside `useFactory`. */
export interface HotConfigModuleExtras extends Named {
  /** Whether every module can inject the service without importing this module. Default: `false`. */
  readonly isGlobal?: boolean | undefined
  /** Where the health report is served. Default: `/config/health`, or `/config/health/<name>` with a name. */
  readonly health?: AdapterOptions['health'] | undefined
}

/** The options of `createHotConfig`, or an existing `config`. The default logger is that of Nest. */
export type HotConfigModuleOptions<S extends Schema | undefined = Schema | undefined> = Omit<
  AdapterOptions<S>,
  'health'
>

/** The interface of the class that `forRootAsync({ useClass })` and `useExisting` name. */
export interface HotConfigOptionsFactory {
  createHotConfigOptions(): Promise<HotConfigModuleOptions> | HotConfigModuleOptions
}

export type HotConfigModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  HotConfigModuleOptions,
  'createHotConfigOptions'
> &
  HotConfigModuleExtras

const EXTRAS = { ...NAMED, isGlobal: boolean(false), health: healthOption() }

const ASYNC_OPTIONS = {
  imports: list(),
  inject: list(),
  provideInjectionTokensFrom: list(),
  useFactory: optionalFunction(),
  // classes are functions
  useClass: optionalFunction(),
  useExisting: injectionToken(),
  ...EXTRAS,
} satisfies Record<keyof HotConfigModuleAsyncOptions, unknown>

/** Picks {@link HotConfigModuleExtras} from options that may hold others. @throws {OptionError} */
export function readExtras({ name, isGlobal, health }: HotConfigModuleExtras) {
  const extras = readOptions({ name, isGlobal, health }, EXTRAS)
  const defaultPath = extras.name === undefined ? undefined : `/config/health/${extras.name}`
  return { ...extras, health: healthOption(defaultPath)(health, 'health') }
}

/** @throws {OptionError} when `options` is not an object; its properties are checked when the app starts */
export function checkModuleOptions(options: unknown): void {
  checkIsOptions(options, 'an object such as { sources: "/etc/config" }', ADAPTER_OPTIONS)
}

/** @throws {OptionError} for unknown or invalid options of `forRootAsync` */
export function checkAsyncOptions(options: HotConfigModuleAsyncOptions): void {
  const { useFactory, useClass, useExisting } = readOptions(options, ASYNC_OPTIONS)
  if (useFactory || useClass || useExisting) return
  throw new OptionError('useFactory: expected a function that returns options, or useClass or useExisting in its place')
}

/**
 * Checks the options that are loaded when the app starts.
 *
 * @throws {OptionError}
 */
export function checkLoadedOptions(options: AdapterOptions & HotConfigModuleExtras): void {
  readOptions(options, { ...ADAPTER_OPTIONS, ...EXTRAS })
  const misplaced = Object.keys(EXTRAS).find((name) => options[name as keyof HotConfigModuleExtras] !== undefined)
  if (misplaced === undefined) return
  throw new OptionError(`${misplaced}: expected beside useFactory, since routes come before factories`)
}
