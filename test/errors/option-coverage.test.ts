import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type {
  AdapterOptions,
  BeforeChangeOptions,
  DotenvOptions,
  CanaryOptions,
  EnvOptions,
  FallbackOptions,
  FileOptions,
  GuardOptions,
  HealthOptions,
  HotConfigOptions,
  LastGoodOptions,
  OnChangeOptions,
  ResourceOptions,
  VolumeOptions,
} from '@hot-config/core'
import type { TelemetryOptions } from '@hot-config/core/opentelemetry'
import type { MetricsOptions } from '@hot-config/core/prometheus'
import type { HotConfigMiddlewareOptions } from '@hot-config/express'
import type { FastifyHealthOptions, HotConfigPluginOptions } from '@hot-config/fastify'
import type {
  ConnectionOptions,
  EventOptions,
  LastGoodConfigMapOptions,
  ObjectOptions,
  SelectorOptions,
  StartOptions,
} from '@hot-config/kubernetes'
import type { HotConfigProviderOptions } from '@hot-config/openfeature'
import type { HotConfigModuleExtras, HotConfigModuleOptions, Named, ResourceProviderOptions } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import type { AdapterContractOptions, SourceContractOptions } from '@hot-config/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { ARGUMENTS, TAKERS } from './option-takers.ts'

const PACKAGES = 'packages'
const COVERED = new Set([...TAKERS, ...ARGUMENTS].map(({ of }) => of))

/** What takes no options and no argument that could make no sense. A function that is in neither list fails the test. */
const METHODS = ['get', 'history', 'reload', 'health', 'close', 'set', 'reject']
const WITHOUT_OPTIONS = new Set([
  ...METHODS,
  'requestConfig',
  // for types alone: what makes use of a schema checks it
  'defineSchema',
  // a name, which is looked up when the app starts
  'getHotConfigToken',
  'InjectHotConfig',
  // made by Nest, or by us
  'HotConfigService',
  'HotConfigHealthIndicator',
])

/** Every entry point of every package that is not internal. */
const ENTRIES = readdirSync(PACKAGES)
  .filter((folder) => folder !== 'tsconfig.json')
  .flatMap((folder) => {
    const { exports } = JSON.parse(readFileSync(join(PACKAGES, folder, 'package.json'), 'utf8')) as {
      exports: Record<string, string | { 'hot-config-source': string }>
    }
    return Object.entries(exports).flatMap(([path, target]) =>
      typeof target === 'string' || path === './internal'
        ? []
        : [
            {
              folder,
              specifier: `@hot-config/${folder}${path.slice(1)}`,
              file: join(PACKAGES, folder, target['hot-config-source']),
            },
          ],
    )
  })

/** The functions of an entry point by the names of the table: methods of classes as `Class.method`. */
async function functionsOf(folder: string, specifier: string): Promise<string[]> {
  const exported = Object.entries((await import(specifier)) as Record<string, unknown>)
  return exported.flatMap(([name, value]) => {
    if (typeof value !== 'function' || name === 'default' || value.prototype instanceof Error) return []
    if (name === 'HotConfigModule') return ['HotConfigModule.forRoot', 'HotConfigModule.forRootAsync']
    return [name === 'hotConfig' ? `hotConfig of ${folder}` : name]
  })
}

describe.each(ENTRIES)('$specifier', ({ folder, specifier, file }) => {
  it('exports no function that takes options which the table does not hold against rubbish', async () => {
    const functions = await functionsOf(folder, specifier)
    expect(functions.filter((name) => !COVERED.has(name) && !WITHOUT_OPTIONS.has(name))).toEqual([])
  })

  it('has a table for each of its interfaces of options, which the compiler holds against it', () => {
    const sources = readdirSync(join(PACKAGES, folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(join(PACKAGES, folder, 'src', path), 'utf8'))
      .join('\n')
    const names = new Set(readFileSync(file, 'utf8').match(/\b[A-Z]\w*(Options|Extras)\b/g))
    const aliases = /^(HotConfigMiddlewareOptions|HotConfigPluginOptions|HotConfigModuleOptions)$/
    const isHeld = (name: string): boolean => new RegExp(`(TableOf<|Pick<|Omit<|keyof )${name}\\b`).test(sources)
    expect([...names].filter((name) => !aliases.test(name) && !isHeld(name))).toEqual([])
  })
})

it('a configuration has no function that takes options which the table does not hold against rubbish', () => {
  const members = new Set<string>()
  for (let of: object = createTestConfig({}); of !== Object.prototype; of = Object.getPrototypeOf(of) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      if (typeof value === 'function' && name !== 'constructor') members.add(name)
    }
  }
  const own = new Set(['start', 'propose', 'assertOpen'])
  expect([...members].filter((name) => !COVERED.has(name) && !WITHOUT_OPTIONS.has(name) && !own.has(name))).toEqual([])
})

/** The options that may be left out, each as `undefined`. */
type Undefined<O> = { [K in keyof O as object extends Pick<O, K> ? K : never]: undefined }
type Optional<O> = Pick<O, keyof O & keyof Undefined<O>>

it('every option that may be left out may be `undefined` as well, whatever the compiler is told', () => {
  expectTypeOf<Undefined<AdapterContractOptions>>().toExtend<Optional<AdapterContractOptions>>()
  expectTypeOf<Undefined<AdapterOptions>>().toExtend<Optional<AdapterOptions>>()
  expectTypeOf<Undefined<BeforeChangeOptions>>().toExtend<Optional<BeforeChangeOptions>>()
  expectTypeOf<Undefined<CanaryOptions>>().toExtend<Optional<CanaryOptions>>()
  expectTypeOf<Undefined<ConnectionOptions>>().toExtend<Optional<ConnectionOptions>>()
  expectTypeOf<Undefined<DotenvOptions>>().toExtend<Optional<DotenvOptions>>()
  expectTypeOf<Undefined<EnvOptions>>().toExtend<Optional<EnvOptions>>()
  expectTypeOf<Undefined<EventOptions>>().toExtend<Optional<EventOptions>>()
  expectTypeOf<Undefined<FallbackOptions>>().toExtend<Optional<FallbackOptions>>()
  expectTypeOf<Undefined<FastifyHealthOptions>>().toExtend<Optional<FastifyHealthOptions>>()
  expectTypeOf<Undefined<FileOptions>>().toExtend<Optional<FileOptions>>()
  expectTypeOf<Undefined<GuardOptions>>().toExtend<Optional<GuardOptions>>()
  expectTypeOf<Undefined<HealthOptions>>().toExtend<Optional<HealthOptions>>()
  expectTypeOf<Undefined<HotConfigMiddlewareOptions>>().toExtend<Optional<HotConfigMiddlewareOptions>>()
  expectTypeOf<Undefined<HotConfigModuleExtras>>().toExtend<Optional<HotConfigModuleExtras>>()
  expectTypeOf<Undefined<HotConfigModuleOptions>>().toExtend<Optional<HotConfigModuleOptions>>()
  expectTypeOf<Undefined<HotConfigOptions>>().toExtend<Optional<HotConfigOptions>>()
  expectTypeOf<Undefined<HotConfigPluginOptions>>().toExtend<Optional<HotConfigPluginOptions>>()
  expectTypeOf<Undefined<HotConfigProviderOptions>>().toExtend<Optional<HotConfigProviderOptions>>()
  expectTypeOf<Undefined<LastGoodConfigMapOptions>>().toExtend<Optional<LastGoodConfigMapOptions>>()
  expectTypeOf<Undefined<LastGoodOptions>>().toExtend<Optional<LastGoodOptions>>()
  expectTypeOf<Undefined<MetricsOptions>>().toExtend<Optional<MetricsOptions>>()
  expectTypeOf<Undefined<Named>>().toExtend<Optional<Named>>()
  expectTypeOf<Undefined<ObjectOptions>>().toExtend<Optional<ObjectOptions>>()
  expectTypeOf<Undefined<OnChangeOptions>>().toExtend<Optional<OnChangeOptions>>()
  expectTypeOf<Undefined<ResourceOptions<string>>>().toExtend<Optional<ResourceOptions<string>>>()
  expectTypeOf<Undefined<ResourceProviderOptions<string, string>>>().toExtend<
    Optional<ResourceProviderOptions<string, string>>
  >()
  expectTypeOf<Undefined<SelectorOptions>>().toExtend<Optional<SelectorOptions>>()
  expectTypeOf<Undefined<SourceContractOptions>>().toExtend<Optional<SourceContractOptions>>()
  expectTypeOf<Undefined<StartOptions>>().toExtend<Optional<StartOptions>>()
  expectTypeOf<Undefined<TelemetryOptions>>().toExtend<Optional<TelemetryOptions>>()
  expectTypeOf<Undefined<VolumeOptions>>().toExtend<Optional<VolumeOptions>>()
})
