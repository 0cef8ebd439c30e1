import { createHotConfig, OptionError, values } from '@hot-config/core'
import type { HotConfigOptions, InferConfig, Schema } from '@hot-config/core'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'
import { gate } from '../support/gate.ts'

const start = <const S extends Schema | undefined = undefined>(
  initial: unknown,
  restartRequired: readonly string[],
  options: HotConfigOptions<S> = {},
): Promise<Driven<InferConfig<S>>> => drive(drivenSource(initial), { ...options, restartRequired })

const server = { server: { host: 'a', port: 1 }, log: 'info' }

describe('a change that needs a restart', () => {
  it('is held back: the running value stays, and health and log name the path', async () => {
    await using running = await start(server, ['server.port'])
    const { config, update, logger } = running
    const onChange = vi.fn()
    config.onChange(onChange)
    const { snapshot } = config
    expect(await update({ ...server, server: { host: 'a', port: 2 } })).toBe('unchanged')
    expect(config.snapshot).toBe(snapshot)
    expect(onChange).not.toHaveBeenCalled()
    expect(config.health()).toMatchObject({ status: 'warn', pendingRestart: ['server.port'], lastRejection: null })
    expect(logger.at('warn')).toEqual([
      { level: 'warn', details: { paths: ['server.port'] }, message: 'changes wait for a restart: server.port' },
    ])
  })

  it('does not hold back the rest of the update', async () => {
    await using running = await start(server, ['server.port'])
    const { config, update } = running
    expect(await update({ server: { host: 'b', port: 2 }, log: 'debug' })).toBe('changed')
    expect(config.current).toEqual({ server: { host: 'b', port: 1 }, log: 'debug' })
    expect(config.health()).toMatchObject({ status: 'warn', version: 2, pendingRestart: ['server.port'] })
    expect(config.history()).toMatchObject([{ differences: [{ path: 'log' }, { path: 'server.host' }] }])
  })

  it('is no longer pending when the update is taken back', async () => {
    await using running = await start(server, ['server.port'])
    const { config, update } = running
    await update({ ...server, server: { host: 'a', port: 2 } })
    expect(await update(server)).toBe('unchanged')
    expect(config.health()).toMatchObject({ status: 'pass', version: 1, pendingRestart: [] })
  })

  it('stays pending while later updates are served or rejected', async () => {
    const schema = (input: Record<string, unknown>): Record<string, unknown> => {
      if (input['log'] === 'loud') throw new Error('too loud')
      return input
    }
    await using running = await start(server, ['server.port'], { schema })
    const { config, update, logger } = running
    const next = { ...server, server: { host: 'a', port: 2 } }
    await update(next)
    expect(await update({ ...next, log: 'loud' })).toBe('rejected')
    expect(config.health().pendingRestart).toEqual(['server.port'])
    expect(await update({ ...next, log: 'debug' })).toBe('changed')
    expect(config.health()).toMatchObject({ status: 'warn', pendingRestart: ['server.port'], lastRejection: null })
    expect(logger.lines.filter(({ message }) => message.includes('restart'))).toHaveLength(1)
  })

  it('is pending as well when it arrives while an update of the rest is prepared', async () => {
    await using running = await start(server, ['server.port'])
    const { config, update } = running
    const here = gate()
    const hook = vi.fn(() => here.passed)
    config.beforeChange(hook)
    const first = update({ ...server, log: 'debug' })
    await eventually(() => expect(hook).toHaveBeenCalled())
    const second = update({ server: { host: 'a', port: 2 }, log: 'debug' })
    await eventually(() => expect(config.health().sources[0]?.revision).toBe('3'))
    here.open()
    expect(await Promise.all([first, second])).toEqual(['changed', 'changed'])
    expect(hook).toHaveBeenCalledTimes(1)
    expect(config.health().pendingRestart).toEqual(['server.port'])
  })
})

describe('restartRequired', () => {
  it.each([
    ['a path', 'server.port', ['server.port']],
    ['a path with all below it', 'server', ['server']],
    ['one key', 'server.*', ['server.host', 'server.port']],
    ['one key on the way', '*.port', ['db.port', 'server.port']],
    ['any number of keys', 'server.**', ['server']],
    ['any number of keys on the way', '**.port', ['db.port', 'server.port']],
    ['what is not there', 'servers', []],
  ])('accepts patterns: %s', async (_what, pattern, held) => {
    await using running = await start({ ...server, db: { port: 3 } }, [pattern])
    const { config, update } = running
    const next = { log: 'debug', server: { host: 'b', port: 2 }, db: { port: 4 } }
    expect(await update(next)).toBe('changed')
    expect(config.health().pendingRestart).toEqual(held)
    expect(config.current['log']).toBe('debug')
    const { port } = config.current['server'] as { port: number }
    expect(port).toBe(held.length > 0 ? 1 : 2)
  })

  it('holds back what is added and what is removed', async () => {
    await using running = await start({ a: 1, b: 2, c: 3 }, ['b', 'toString'])
    const { config, update } = running
    expect(await update({ a: 2, c: 3, toString: 'own' })).toBe('changed')
    expect(config.current).toEqual({ a: 2, b: 2, c: 3 })
    expect(config.health().pendingRestart).toEqual(['b', 'toString'])
  })

  it('holds back a whole object that is added or removed with a path in it that needs a restart', async () => {
    const db = { port: 1, retries: 2 }
    await using without = await start({ a: 1 }, ['db.port'])
    expect(await without.update({ a: 2, db })).toBe('changed')
    expect(without.config.current).toEqual({ a: 2 })
    expect(without.config.health().pendingRestart).toEqual(['db'])
    await using having = await start({ a: 1, db }, ['db.port'])
    for (const next of [{ a: 2 }, { a: 3, db: null }, { a: 4, db: 'postgres://' }]) {
      expect(await having.update(next)).toBe('changed')
      expect(having.config.current).toEqual({ ...next, db })
      expect(having.config.health().pendingRestart).toEqual(['db'])
    }
    expect(await having.update({ a: 4, db: { port: 1, retries: 3 } })).toBe('changed')
    expect(having.config.current).toEqual({ a: 4, db: { port: 1, retries: 3 } })
    expect(having.config.health().pendingRestart).toEqual([])
  })

  it('holds back a whole list when a path in it needs a restart', async () => {
    const servers = [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ]
    await using running = await start({ servers }, ['servers[*].port'])
    const { config, update } = running
    expect(await update({ servers: [{ host: 'c', port: 1 }, servers[1]] })).toBe('changed')
    expect(config.health().pendingRestart).toEqual([])
    const taken = config.current
    for (const next of [[servers[1]], [...servers, { host: 'd', port: 4 }], []]) {
      expect(await update({ servers: next })).toBe('unchanged')
      expect(config.current).toBe(taken)
      expect(config.health().pendingRestart).toEqual(['servers'])
    }
  })

  it('keeps the order of keys, so that equal configurations have one digest and one shape', async () => {
    await using running = await start({ a: 1, b: 2, c: 3, e: 5 }, ['b', 'e'])
    const { config, update } = running
    await update({ a: 2, c: 3, d: 4 })
    expect(Object.keys(config.current)).toEqual(['a', 'b', 'c', 'd', 'e'])
    await using fresh = await createHotConfig({ sources: values({ a: 2, b: 2, c: 3, d: 4, e: 5 }), logger: false })
    expect(config.snapshot.digest).toBe(fresh.snapshot.digest)
  })

  it('works with zod, on the values that the schema returns', async () => {
    const schema = z.object({
      server: z.object({ port: z.coerce.number(), hosts: z.string().transform((text) => text.split(',')) }),
      level: z.string().default('info'),
    })
    await using running = await start({ server: { port: '1', hosts: 'a,b' } }, ['server'], { schema })
    const { config, update } = running
    expect(await update({ server: { port: 1, hosts: 'a,b' }, level: 'debug' })).toBe('changed')
    expect(config.health().pendingRestart).toEqual([])
    expect(await update({ server: { port: '1', hosts: 'a,c' }, level: 'warn' })).toBe('changed')
    expect(config.current).toEqual({ server: { port: 1, hosts: ['a', 'b'] }, level: 'warn' })
    expect(config.health().pendingRestart).toEqual(['server'])
  })

  it('works with convict, also for an entry that goes back to its default', async () => {
    const schema = {
      server: { port: { format: 'port', default: 8080 } },
      level: { format: String, default: 'info' },
    }
    await using running = await start({ server: { port: '9090' } }, ['server.port'], { schema })
    const { config, update } = running
    expect(await update({ level: 'debug' })).toBe('changed')
    expect(config.current).toEqual({ server: { port: 9090 }, level: 'debug' })
    expect(config.health().pendingRestart).toEqual(['server.port'])
  })

  it.each([
    [{ restartRequired: 'server.port' }, 'restartRequired: expected a list of paths'],
    [{ restartRequired: [''] }, 'restartRequired: expected a list of paths'],
    [{ onPendingRestart: 'exit' }, "onPendingRestart: expected 'report' or a function"],
  ])('%j is an option error', async (options, message) => {
    const created = createHotConfig({ sources: values({}), ...(options as object) })
    await expect(created).rejects.toThrow(OptionError)
    await expect(createHotConfig({ sources: values({}), ...(options as object) })).rejects.toThrow(message)
  })
})

describe('onPendingRestart', () => {
  it('is called once for each new list of paths, after health has it', async () => {
    const seen: unknown[] = []
    const onPendingRestart = (paths: readonly string[]): void => {
      seen.push([...paths], running.config.health().pendingRestart)
    }
    await using running = await start({ a: 1, b: 1, c: 1 }, ['a', 'b'], { onPendingRestart })
    const { update } = running
    await update({ a: 2, b: 1, c: 1 })
    await update({ a: 2, b: 1, c: 2 })
    await update({ a: 3, b: 1, c: 2 })
    expect(seen).toEqual([['a'], ['a']])
    await update({ a: 2, b: 2, c: 2 })
    expect(seen.slice(2)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    await update({ a: 1, b: 1, c: 2 })
    expect(seen).toHaveLength(4)
    await update({ a: 2, b: 1, c: 2 })
    expect(seen.slice(4)).toEqual([['a'], ['a']])
  })

  it('disturbs nobody when it throws or rejects: that is logged and counted', async () => {
    const errors = [
      () => Promise.reject(new Error('rejected')),
      () => {
        throw new Error('thrown')
      },
    ]
    for (const onPendingRestart of errors) {
      await using running = await start(server, ['server.port'], { onPendingRestart })
      const { config, update, logger } = running
      const onChange = vi.fn()
      config.onChange(onChange)
      expect(await update({ server: { host: 'a', port: 2 }, log: 'debug' })).toBe('changed')
      await eventually(() => expect(config.health().listenerErrors).toBe(1))
      expect(onChange).toHaveBeenCalledTimes(1)
      expect(logger.at('error')[0]).toMatchObject({ message: 'onPendingRestart failed' })
    }
  })

  it('may close the configuration', async () => {
    const closed: Promise<void>[] = []
    let close = async (): Promise<void> => {}
    const onPendingRestart = (): void => void closed.push(close())
    const running = await start(server, ['server.port'], { onPendingRestart })
    close = () => running.config.close()
    await running.update({ server: { host: 'a', port: 2 }, log: 'debug' })
    await Promise.all(closed)
    expect(closed).toHaveLength(1)
    await expect(running.config.reload()).rejects.toThrow('closed')
  })

  it("set to 'report' only reports", async () => {
    await using running = await start(server, ['server.port'], { onPendingRestart: 'report' })
    await running.update({ ...server, server: { host: 'a', port: 2 } })
    expect(running.config.health()).toMatchObject({ pendingRestart: ['server.port'], listenerErrors: 0 })
  })
})
