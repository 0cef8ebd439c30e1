import { createHotConfig, env } from '@hot-config/core'
import type { HotConfigOptions, Logger, Source } from '@hot-config/core'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { recordingLogger } from '../support/recording-logger.ts'

type Tree = Readonly<Record<string, unknown>>

async function follow(initial: Tree, options: HotConfigOptions<undefined> = {}) {
  const driven = drivenSource<Tree>(initial)
  const logger = recordingLogger()
  const config = await createHotConfig({
    sources: driven.source,
    logger,
    ...options,
    schema: (input) => {
      if ('broken' in input) throw new Error(`broken: ${JSON.stringify(input['broken'])}`)
      return input
    },
  })
  const update = (next: Tree): Promise<string> => {
    driven.set(next)
    return config.reload()
  }
  const warnings = (): string[] => logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
  return { config, update, logger, warnings, [Symbol.asyncDispose]: () => config.close() }
}

/** Lets this much time pass on the clock that the log goes by. */
function pass(ms: number): void {
  const now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => now + ms)
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the log', () => {
  it('has one structured line for the first load and one for each change', async () => {
    await using running = await follow({ n: 1, db: { password: 'old-secret' } }, { redact: ['db.password'] })
    const { config, update, logger } = running
    const first = config.snapshot
    await update({ n: 2, db: { password: 'new-secret' } })
    await update({ n: 2, db: { password: 'new-secret' } })
    expect(logger.lines).toEqual([
      {
        level: 'info',
        message: 'configuration loaded',
        details: { version: 1, digest: first.digest },
      },
      {
        level: 'info',
        message: 'configuration changed',
        details: {
          version: 2,
          digest: config.snapshot.digest,
          changes: [
            { path: 'db.password', before: '[redacted]', after: '[redacted]' },
            { path: 'n', before: 1, after: 2 },
          ],
        },
      },
    ])
    // what a logger writes
    expect(JSON.parse(JSON.stringify(logger.lines[1]?.details))).toHaveProperty('changes.1.after', 2)
  })

  it('computes what changed only where the line is written', async () => {
    const driven = drivenSource<Tree>({ n: 1 })
    const lines: object[] = []
    const logger: Logger = { info: (details) => lines.push(details), warn() {}, error() {} }
    await using config = await createHotConfig({
      sources: driven.source,
      schema: (input) => input,
      logger,
    })
    driven.set({ n: 2 })
    expect(await config.reload()).toBe('changed')
    const [line] = lines.slice(-1)
    expect(Object.getOwnPropertyDescriptor(line, 'changes')?.get).toBeTypeOf('function')
    // a logger that writes the line reads it
    expect(JSON.stringify(line)).toContain('"changes":[{"path":"n","before":1,"after":2}]')
  })

  it('has one line for each rejection, with its issues', async () => {
    await using running = await follow({ n: 1 })
    const { config, update, logger } = running
    await update({ broken: 'first' })
    await update({ broken: 'second' })
    expect(logger.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: /serves: broken: "first"/, details: { issues: [{ code: 'HOT_CONFIG_SCHEMA' }] } },
      { message: /serves: broken: "second"/, details: { issues: config.health().lastRejection?.issues } },
    ])
  })

  it('says of a fault that persists no more than once a minute, and once a minute', async () => {
    let fails = false
    const source: Source = {
      name: 'flaky',
      read: async () => {
        if (fails) throw new Error(`EIO after ${Math.random()} ms`)
        return { revision: '1', entries: [] }
      },
    }
    await using running = await follow({}, { sources: source })
    const { config, warnings } = running
    fails = true
    for (let minute = 0; minute < 3; minute++) {
      pass(60_000 * minute)
      for (let time = 0; time < 10; time++) expect(await config.reload()).toBe('rejected')
      expect(warnings()).toHaveLength(minute + 1)
    }
  })

  it('does not take turns between two faults for news', async () => {
    await using running = await follow({ n: 1 })
    for (let time = 0; time < 5; time++) {
      await running.update({ broken: 'a' })
      await running.update({ broken: 'b' })
    }
    expect(running.warnings()).toHaveLength(2)
    expect(running.config.health().reloads.rejected).toBe(10)
  })

  it('says of a listener that fails with the same each time no more than once a minute', async () => {
    await using running = await follow({ n: 0 })
    const { config, update, logger } = running
    const error = new Error('always the same')
    config.onChange(() => Promise.reject(error))
    const errors = (): number => logger.lines.filter(({ level }) => level === 'error').length
    for (let n = 1; n <= 5; n++) await update({ n })
    await vi.waitFor(() => expect(config.health().listenerErrors).toBe(5), 5_000)
    expect(errors()).toBe(1)
    pass(60_000)
    await update({ n: 6 })
    await vi.waitFor(() => expect(errors()).toBe(2), 5_000)
  })

  it('that throws disturbs nobody', async () => {
    const fail = (): never => {
      throw new Error('the disk is full')
    }
    await using running = await follow({ n: 1 }, { logger: { info: fail, warn: fail, error: fail } })
    const { config, update } = running
    const [onChange, onReject] = [vi.fn(fail), vi.fn(fail)]
    config.onChange(onChange)
    config.onReject(onReject)
    expect(await update({ n: 2 })).toBe('changed')
    expect(await update({ broken: true })).toBe('rejected')
    expect(onChange).toHaveBeenCalledTimes(1)
    expect(onReject).toHaveBeenCalledTimes(1)
    expect(config.health()).toMatchObject({ version: 2, listenerErrors: 2 })
  })

  it('that throws at start-up loses no configuration', async () => {
    const fail = (): never => {
      throw new Error('the disk is full')
    }
    await using config = await createHotConfig({
      sources: env({ prefix: 'LOGGING_TEST_' }),
      logger: { info: fail, warn: fail, error: fail },
    })
    expect(config.health()).toMatchObject({ version: 1, sources: [{ updatable: false }] })
  })

  it('is a line on the console for what needs attention, when no logger is given', async () => {
    const written: string[] = []
    for (const level of ['info', 'log', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((text: string) => void written.push(`${level} ${text}`))
    }
    const driven = drivenSource<Tree>({ n: 1 })
    await using config = await createHotConfig({
      sources: driven.source,
      schema: (input) => {
        if (input['n'] === 3) throw new Error('not three')
        return input
      },
    })
    config.onChange(() => {
      throw new Error('a listener')
    })
    for (const n of [2, 3]) {
      driven.set({ n })
      await config.reload()
    }
    expect(written).toEqual([
      'error hot-config: a listener failed',
      'warn hot-config: update rejected, the last good configuration serves: not three',
    ])
  })
})
