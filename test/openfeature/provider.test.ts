import { adapt, ConfigError, createHotConfig, requestConfig, startHotConfig, values, volume } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'
import { HotConfigProvider } from '@hot-config/openfeature'
import { createConfigMapVolume, createTestConfig } from '@hot-config/testing'
import { ErrorCode, OpenFeature, ProviderEvents, ProviderStatus } from '@openfeature/server-sdk'
import type { Client, EventDetails } from '@openfeature/server-sdk'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { recordingLogger } from '../support/recording-logger.ts'

/** Each test has a domain of its own, with handlers of its own. */
let domains = 0

const on = (targeting?: object): object => ({
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  ...(targeting && { targeting }),
})

/** A flag that is on for one user. */
const forUser = (user: string): object => on({ if: [{ '===': [{ var: 'targetingKey' }, user] }, 'on'] })

interface Heard {
  readonly client: Client
  readonly events: (readonly [type: string, details: EventDetails | undefined])[]
}

/** A client of OpenFeature, and the events that it tells of. */
async function serve(config: HotConfig<never> | HotConfig<unknown>, options?: { flags: string }): Promise<Heard> {
  const domain = `test-${++domains}`
  const client = OpenFeature.getClient(domain)
  const events: [string, EventDetails | undefined][] = []
  await OpenFeature.setProviderAndWait(domain, new HotConfigProvider(config, options)).catch(() => undefined)
  for (const type of Object.values(ProviderEvents))
    client.addHandler(type, (details) => void events.push([type, details]))
  // a handler hears at once of the state that there is
  await new Promise((resolve) => setImmediate(resolve))
  events.splice(0)
  return { client, events }
}

afterEach(() => OpenFeature.close())

describe('flags', () => {
  it('of every type are values of the configuration', async () => {
    const flags = {
      boolean: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' },
      string: { state: 'ENABLED', variants: { a: 'x', b: 'y' }, defaultVariant: 'b' },
      number: { state: 'ENABLED', variants: { few: 1.5, many: 100 }, defaultVariant: 'few' },
      object: { state: 'ENABLED', variants: { all: { list: [1] }, none: {} }, defaultVariant: 'all' },
      disabled: { ...on(), state: 'DISABLED' },
    }
    const { client } = await serve(createTestConfig({ flags }))
    expect(client.providerStatus).toBe(ProviderStatus.READY)
    expect(await client.getBooleanValue('boolean', false)).toBe(true)
    expect(await client.getStringValue('string', 'z')).toBe('y')
    expect(await client.getNumberValue('number', 0)).toBe(1.5)
    const object = await client.getObjectValue<{ list?: number[] }>('object', {})
    expect(object).toEqual({ list: [1] })
    expect(Object.isFrozen(object.list)).toBe(true)
    expect(await client.getBooleanDetails('disabled', true)).toMatchObject({ value: true, reason: 'DISABLED' })
    expect(await client.getBooleanDetails('none', true)).toMatchObject({ errorCode: ErrorCode.FLAG_NOT_FOUND })
    expect(await client.getStringDetails('boolean', 'z')).toMatchObject({ errorCode: ErrorCode.TYPE_MISMATCH })
  })

  it.each<[flags: string | undefined, value: Record<string, unknown>, warning: string | undefined]>([
    ['flgas', { flags: { beta: on() } }, 'HotConfigProvider "flgas", did you mean "flags"?'],
    ['shop.flag', { shop: { flags: {} } }, 'HotConfigProvider "shop.flag", did you mean "shop.flags"?'],
    [undefined, { features: {} }, 'HotConfigProvider "flags"'],
    [undefined, { flags: {} }, undefined],
    ['shop.flags', { shop: { flags: { beta: on() } } }, undefined],
  ])('at %j in %j are named in a warning when there are none', async (flags, value, warning) => {
    const logger = recordingLogger()
    await using config = await createHotConfig({ sources: values(value), logger })
    const { client } = await serve(config, flags === undefined ? undefined : { flags })
    expect(client.providerStatus).toBe(ProviderStatus.READY)
    const start = 'the program names paths that neither the schema nor the configuration has: '
    expect(logger.at('warn').map(({ message }) => message)).toEqual(warning === undefined ? [] : [start + warning])
  })

  it('depend on the user by rules, shared rules and shares', async () => {
    const flags = {
      beta: forUser('ann'),
      staff: on({ if: [{ $ref: 'isStaff' }, 'on'] }),
      half: on({
        fractional: [
          ['on', 50],
          ['off', 50],
        ],
      }),
    }
    const $evaluators = { isStaff: { ends_with: [{ var: 'email' }, '@shop.example'] } }
    const { client } = await serve(createTestConfig({ features: { flags, $evaluators } }), { flags: 'features.flags' })
    const is = (flag: string, targetingKey: string, email = ''): Promise<boolean> =>
      client.getBooleanValue(flag, false, { targetingKey, email })
    expect([await is('beta', 'ann'), await is('beta', 'bob')]).toEqual([true, false])
    expect([await is('staff', 'ann', 'a@shop.example'), await is('staff', 'ann', 'a@x.example')]).toEqual([true, false])
    const halves = await Promise.all(Array.from({ length: 200 }, (_, user) => is('half', `user-${user}`)))
    expect(halves.filter(Boolean).length).toBeGreaterThan(60)
    expect(halves.filter(Boolean).length).toBeLessThan(140)
    expect(await Promise.all(Array.from({ length: 200 }, (_, user) => is('half', `user-${user}`)))).toEqual(halves)
  })

  it('change with the ConfigMap, and the event names those that changed', async () => {
    await using mounted = await createConfigMapVolume()
    const write = (flags: object, more = ''): Promise<void> =>
      mounted.update({ 'flags.json': JSON.stringify({ flags }), 'app.yaml': `log: ${more || 'info'}` })
    await write({ kept: on(), changed: on(), removed: on() })
    await using config = await createHotConfig({ sources: mounted.path, logger: false })
    const { client, events } = await serve(config)
    expect(await client.getBooleanValue('changed', false, { targetingKey: 'ann' })).toBe(false)
    await write({ kept: on(), changed: forUser('ann'), added: on() })
    await eventually(() => expect(events).toHaveLength(1))
    expect(events[0]?.[0]).toBe(ProviderEvents.ConfigurationChanged)
    expect(events[0]?.[1]).toMatchObject({ flagsChanged: expect.arrayContaining(['added', 'changed', 'removed']) })
    expect(events[0]?.[1]?.['flagsChanged']).toHaveLength(3)
    expect(await client.getBooleanValue('changed', false, { targetingKey: 'ann' })).toBe(true)
    await write({ kept: on(), changed: forUser('ann'), added: on() }, 'debug')
    await eventually(() => expect(config.get('log')).toBe('debug'))
    expect(events).toHaveLength(1)
  })

  it('that share a rule all change with it', async () => {
    const flags = { a: on({ if: [{ $ref: 'rule' }, 'on'] }), b: on() }
    const rule = (plan: string): object => ({ '===': [{ var: 'plan' }, plan] })
    const config = createTestConfig<object>({ flags, $evaluators: { rule: rule('free') } })
    const { client, events } = await serve(config)
    await config.set({ flags, $evaluators: { rule: rule('paid') } })
    expect(events.map(([, details]) => details?.flagsChanged)).toEqual([['a']])
    expect(await client.getBooleanValue('a', false, { plan: 'paid' })).toBe(true)
  })

  it('are those of one snapshot in a unit of work and in a request, whatever is served meanwhile', async () => {
    const config = createTestConfig<object>({ flags: { beta: forUser('ann') } })
    const { client } = await serve(config)
    const isOn = (): Promise<boolean> => client.getBooleanValue('beta', false, { targetingKey: 'ann' })
    const { runInRequest } = adapt({ config, requestContext: true })
    const request = { config: config.current as never }
    await config.run(async () => {
      expect(await isOn()).toBe(true)
      await config.set({ flags: { beta: forUser('bob') } })
      expect(await isOn()).toBe(true)
      expect(requestConfig()).not.toBe(config.current)
    })
    expect(await runInRequest?.(request, isOn)).toBe(true)
    expect(await isOn()).toBe(false)
    // a unit of work of another configuration says nothing about these flags
    expect(await createTestConfig({ flags: {} }).run(isOn)).toBe(false)
  })

  it('may be none', async () => {
    const config = createTestConfig<object>({})
    const { client } = await serve(config)
    expect(client.providerStatus).toBe(ProviderStatus.READY)
    expect(await client.getBooleanDetails('beta', true)).toMatchObject({ errorCode: ErrorCode.FLAG_NOT_FOUND })
    await config.set({ flags: { beta: on() } })
    expect(await client.getBooleanValue('beta', true)).toBe(false)
  })
})

describe('bad flags', () => {
  it.each([
    { what: 'no object', flags: [] as unknown, path: 'flags', says: /must be an object/ },
    { what: 'a flag that is no object', flags: { a: 5 }, path: 'flags.a', says: /must be object/ },
    {
      what: 'an unknown state',
      flags: { a: { ...on(), state: 'ENABLD' } },
      path: 'flags.a.state',
      says: /must be one of ENABLED, DISABLED/,
    },
    {
      what: 'a default that is no variant',
      flags: { ok: on(), a: { ...on(), defaultVariant: 'onn' } },
      path: 'flags.a.defaultVariant',
      says: /must be one of the variants: on, off/,
    },
    {
      what: 'an unknown operation',
      flags: { a: on({ iff: [true, 'on'] }) },
      path: 'flags.a.targeting',
      says: /unknown operation "iff"/,
    },
    {
      what: 'a rule that is not shared',
      flags: { a: on({ $ref: 'nope' }) },
      path: 'flags.a.targeting',
      says: /unknown operation "\$ref"/,
    },
    { what: 'no variants', flags: { 'x.y': { state: 'ENABLED' } }, path: 'flags["x.y"]', says: /'variants'/ },
  ])('with $what are rejected with the path, and the last good flags stay', async ({ flags, path, says }) => {
    const config = createTestConfig<object>({ flags: { a: on() }, n: 1 })
    const { client, events } = await serve(config)
    const error = await config.update({ flags, n: 2 }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).issues[0]).toMatchObject({ code: 'HOT_CONFIG_VETO', path })
    expect((error as ConfigError).message).toMatch(says)
    expect(config.current).toMatchObject({ n: 1 })
    expect(await client.getBooleanDetails('a', true)).toMatchObject({ value: false, reason: 'STATIC' })
    expect(events).toMatchObject([[ProviderEvents.Stale, { message: expect.stringContaining(path) }]])
    expect(client.providerStatus).toBe(ProviderStatus.STALE)
    await config.set({ flags: { a: on() }, n: 3 })
    await eventually(() => expect(client.providerStatus).toBe(ProviderStatus.READY))
  })

  it('at the start are an error that names the place, and are healed by the next good update', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'flags.yaml': 'flags:\n  a:\n    state: ENABLD\n    variants: { on: true }' })
    await using config = await createHotConfig({ sources: mounted.path, logger: false })
    const provider = new HotConfigProvider(config)
    await expect(OpenFeature.setProviderAndWait('broken', provider)).rejects.toThrow(
      `volume:${mounted.path} flags.yaml:3:5 flags.a.state: must be one of ENABLED, DISABLED`,
    )
    const client = OpenFeature.getClient('broken')
    expect(client.providerStatus).toBe(ProviderStatus.ERROR)
    expect(await client.getBooleanDetails('a', true)).toMatchObject({ value: true, errorCode: ErrorCode.PARSE_ERROR })
    await mounted.update({ 'flags.json': JSON.stringify({ flags: { a: on() } }) })
    await eventually(() => expect(client.providerStatus).toBe(ProviderStatus.READY))
    expect(await client.getBooleanValue('a', true)).toBe(false)
  })

  it('show no secret', async () => {
    const secret = {
      name: 'secret',
      read: async () => ({
        revision: '1',
        entries: [{ path: ['flags'], value: { sk_live_abcdef: { ...on(), state: 'hunter2-and-more' } }, secret: true }],
      }),
    } satisfies Source
    await using config = await createHotConfig({ sources: secret, logger: false })
    const error: unknown = await new HotConfigProvider(config).initialize().catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/the flags are not valid/)
    expect(String(error)).not.toMatch(/sk_live|hunter2/)
  })

  it('of any kind never break what is served', async () => {
    const config = createTestConfig<object>({ flags: { a: on() } })
    const { client } = await serve(config)
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), async (flags, targeting) => {
        const next = { ...flags, a: { ...on(), targeting } }
        const result = await config.set({ flags: next })
        const { errorCode } = await client.getBooleanDetails('a', true)
        if (result === 'rejected') expect(errorCode).toBeUndefined()
        else expect([undefined, ErrorCode.GENERAL]).toContain(errorCode)
        await config.set({ flags: { a: on() } })
      }),
      { numRuns: 50 },
    )
  })
})

describe('the provider', () => {
  it('is stale while updates are rejected, and ready once they are taken', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'flags.json': JSON.stringify({ flags: { a: on() } }) })
    await using config = await createHotConfig({ sources: volume(mounted.path), logger: false })
    const { client, events } = await serve(config)
    await mounted.update({ 'flags.json': '{ broken' })
    await eventually(() => expect(client.providerStatus).toBe(ProviderStatus.STALE))
    expect(events).toMatchObject([[ProviderEvents.Stale, { message: expect.stringContaining('flags.json') }]])
    expect(await client.getBooleanValue('a', true)).toBe(false)
    await mounted.update({ 'flags.json': JSON.stringify({ flags: { a: forUser('ann') } }) })
    await eventually(() => expect(client.providerStatus).toBe(ProviderStatus.READY))
    expect(await client.getBooleanValue('a', false, { targetingKey: 'ann' })).toBe(true)
  })

  it('waits for the first load, and fails with what is wrong', async () => {
    const source: Source = {
      name: 'late',
      async read() {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return { revision: '1', entries: [{ path: ['flags'], value: { a: on() } }] }
      },
    }
    const { config } = startHotConfig({ sources: source, logger: false })
    const { client } = await serve(config)
    expect(await client.getBooleanDetails('a', true)).toMatchObject({ value: false, reason: 'STATIC' })
    await config.close()
    const broken = startHotConfig({ sources: '/no/such/folder', logger: false })
    await expect(new HotConfigProvider(broken.config).initialize()).rejects.toThrow(ConfigError)
  })

  it('returns defaults, as a provider that is not ready, while there is no valid configuration', async () => {
    const { config } = startHotConfig({ sources: '/no/such/folder', logger: false })
    const { client } = await serve(config)
    expect(client.providerStatus).toBe(ProviderStatus.ERROR)
    const { PROVIDER_NOT_READY: errorCode } = ErrorCode
    expect(await client.getBooleanDetails('a', true)).toMatchObject({ value: true, reason: 'ERROR', errorCode })
  })

  it('stops following when OpenFeature closes it, and leaves the configuration open', async () => {
    const config = createTestConfig<object>({ flags: { a: on() } })
    const { events } = await serve(config)
    await OpenFeature.close()
    expect(await config.set({ flags: { a: 5 } })).toBe('changed')
    expect(events).toEqual([])
    expect(await config.reload()).toBe('unchanged')
  })
})
