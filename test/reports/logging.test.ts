import { setImmediate } from 'node:timers/promises'

import { ConfigError, createHotConfig, env } from '@hot-config/core'
import type { HotConfigOptions, Logger, Reading } from '@hot-config/core'
import { hotConfig } from '@hot-config/express'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { drive, follow } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const start = (initial: unknown, options: HotConfigOptions<undefined> = {}): Promise<Driven<Record<string, unknown>>> =>
  drive(drivenSource(initial), {
    ...options,
    schema: (input: Record<string, unknown>) => {
      if ('broken' in input) throw new Error(`broken: ${JSON.stringify(input['broken'])}`)
      return input
    },
  })

/** Lets this much time pass on the clock that the log goes by. */
function pass(ms: number): void {
  // a whole number, so that sums and differences are exact
  const now = Math.ceil(performance.now())
  vi.spyOn(performance, 'now').mockImplementation(() => now + ms)
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the log', () => {
  it('has one structured line for the first load and one for each change', async () => {
    await using running = await start({ n: 1, db: { password: 'old-secret' } }, { redact: ['db.password'] })
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

  it('computes the changes only when the line is written', async () => {
    const lines: object[] = []
    const logger: Logger = { info: (details) => lines.push(details), warn() {}, error() {} }
    await using running = await start({ n: 1 }, { logger })
    expect(await running.update({ n: 2 })).toBe('changed')
    const [line] = lines.slice(-1)
    expect(Object.getOwnPropertyDescriptor(line, 'changes')?.get).toBeTypeOf('function')
    // a logger that writes the line reads it
    expect(JSON.stringify(line)).toContain('"changes":[{"path":"n","before":1,"after":2}]')
  })

  it('has one line for each rejection, with its issues', async () => {
    await using running = await start({ n: 1 })
    const { config, update, logger } = running
    await update({ broken: 'first' })
    await update({ broken: 'second' })
    expect(logger.at('warn')).toMatchObject([
      {
        message: expect.stringMatching(/serves: broken: "first"/),
        details: { issues: [{ code: 'HOT_CONFIG_SCHEMA' }] },
      },
      {
        message: expect.stringMatching(/serves: broken: "second"/),
        details: { issues: config.health().lastRejection?.issues },
      },
    ])
  })

  it('has one line a minute for a fault that persists', async () => {
    await using running = await start({})
    const { update, logger } = running
    for (let minute = 0; minute < 3; minute++) {
      pass(60_000 * minute)
      for (let time = 0; time < 10; time++) {
        expect(await update(new Error(`EIO after ${Math.random()} ms`))).toBe('rejected')
      }
      expect(logger.at('warn')).toHaveLength(minute + 1)
    }
  })

  it('has a line for a fault that comes back after its end was logged', async () => {
    await using running = await start({ n: 1 })
    for (let time = 1; time <= 3; time++) {
      await running.update({ broken: 'a' })
      await running.update({ n: 1 })
      expect(running.logger.at('warn')).toHaveLength(time)
      expect(running.logger.at('info').filter(({ message }) => message.includes('up to date'))).toHaveLength(time)
    }
  })

  it('has no more lines when two faults take turns', async () => {
    await using running = await start({ n: 1 })
    for (let time = 0; time < 5; time++) {
      await running.update({ broken: 'a' })
      await running.update({ broken: 'b' })
    }
    expect(running.logger.at('warn')).toHaveLength(2)
    expect(running.config.health().reloads.rejected).toBe(10)
  })

  it('has one line each time that the same fault begins, and one each time that it ends', async () => {
    await using running = await start({ n: 1 })
    const { update, logger } = running
    for (let time = 1; time <= 3; time++) {
      for (let again = 0; again < 3; again++) await update(new Error('EIO'))
      await update({ n: 1 })
      expect(logger.at('warn')).toHaveLength(time)
      expect(logger.at('info').filter(({ message }) => message.includes('up to date again'))).toHaveLength(time)
    }
  })

  it('has one line for sources that fail together, although they recover one after another', async () => {
    const sources = ['a', 'b'].map((name) => drivenSource({ [name]: 1 }, { name }))
    await using running = await follow(sources)
    const { config, logger } = running
    for (const source of sources) source.set(new Error('EIO'))
    await config.reload()
    sources[0]?.set({ a: 2 })
    await config.reload()
    sources[1]?.set({ b: 2 })
    await config.reload()
    expect(logger.at('warn')).toHaveLength(1)
    expect(config.current).toEqual({ a: 2, b: 2 })
  })

  it('has one line a minute for a listener that keeps failing with the same error', async () => {
    await using running = await start({ n: 0 })
    const { config, update, logger } = running
    const error = new Error('always the same')
    config.onChange(() => Promise.reject(error))
    const errors = (): number => logger.at('error').length
    for (let n = 1; n <= 5; n++) await update({ n })
    await eventually(() => expect(config.health().listenerErrors).toBe(5))
    expect(errors()).toBe(1)
    pass(60_000)
    await update({ n: 6 })
    await eventually(() => expect(errors()).toBe(2))
  })

  it('that throws disturbs nothing else', async () => {
    const fail = (): never => {
      throw new Error('the disk is full')
    }
    await using running = await start({ n: 1 }, { logger: { info: fail, warn: fail, error: fail } })
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

  it('that throws at start-up does not prevent the first load', async () => {
    const fail = (): never => {
      throw new Error('the disk is full')
    }
    await using config = await createHotConfig({
      sources: env({ prefix: 'LOGGING_TEST_' }),
      logger: { info: fail, warn: fail, error: fail },
    })
    expect(config.health()).toMatchObject({ version: 1, sources: [{ updatable: false }] })
  })

  it('says that an update is tried again when a hook or a resource rejects it, and only then', async () => {
    await using running = await start({ n: 1 })
    const { config, update, logger } = running
    const fails = (): never => {
      throw new Error('too large')
    }
    const stop = config.beforeChange(fails)
    await update({ n: 2 })
    stop()
    await config.resource('n', (n) => n === 1 || fails())
    await update({ n: 3 })
    await update({ broken: true })
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(/too large; it is tried again by itself$/),
      expect.stringMatching(/^update rejected, [^;]* n: .*too large; it is tried again by itself$/),
      expect.stringMatching(/broken: true$/),
    ])
  })

  it('is a line on the console for what needs attention, when no logger is given', async () => {
    const written: string[] = []
    for (const level of ['info', 'log', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((text: string) => void written.push(`${level} ${text}`))
    }
    const source = drivenSource({ n: 1 })
    await using config = await createHotConfig({
      sources: source,
      schema: (input) => {
        if (input['n'] === 3) throw new Error('not three')
        return input
      },
    })
    config.onChange(() => {
      throw new Error('a listener')
    })
    for (const n of [2, 3]) {
      source.set({ n })
      await config.reload()
    }
    expect(written).toEqual([
      expect.stringMatching(/^error hot-config: a listener failed: Error: a listener\n/),
      'warn hot-config: update rejected, the last good configuration serves: not three',
    ])
  })
})

describe('the log of an application that starts without a configuration', () => {
  /** Starts with a source that can't be read, or has something else that is not valid. */
  async function startWithout(
    options: { readonly logger?: Logger },
    reading: Partial<Reading> = {},
    first: object = new Error('gone'),
  ): Promise<Started> {
    const source = drivenSource<object>(first, {
      reading: (value) => ({ entries: [{ path: [], value }], ...reading }),
    })
    const schema = (input: Record<string, unknown>): unknown => {
      const broken = input['broken'] as string[] | undefined
      if (broken) throw ConfigError.of(broken.map((message) => ({ code: 'HOT_CONFIG_SCHEMA', message })))
      return input
    }
    const { config, close } = hotConfig({ sources: source, schema, ...options })
    await eventually(() => expect(config.health().lastRejection).not.toBeNull())
    await setImmediate()
    const update = async (next: object): Promise<unknown> => {
      source.set(next)
      return config.reload()
    }
    return { update, [Symbol.asyncDispose]: close }
  }

  interface Started extends AsyncDisposable {
    readonly update: (next: object) => Promise<unknown>
  }

  it('has one line for each reason, and one for the first load that succeeds', async () => {
    const logger = recordingLogger()
    await using started = await startWithout({ logger })
    const reasons = [new Error('gone'), ...['first', 'first', 'second'].map((text) => ({ broken: [text, 'b'] }))]
    for (const reason of reasons) expect(await started.update(reason)).toBe('rejected')
    expect(await started.update({ n: 1 })).toBe('changed')
    expect(await started.update({ n: 2 })).toBe('changed')
    expect(logger.lines).toMatchObject([
      { level: 'error', message: "no valid configuration yet: driven: can't be read: gone" },
      { level: 'error', message: expect.stringMatching(/^no valid configuration yet: .*first.*b/s) },
      { level: 'error', message: expect.stringMatching(/^no valid configuration yet: .*second.*b/s) },
      { level: 'info', message: 'configuration loaded', details: { status: 'pass', version: 1 } },
      { level: 'info', message: 'configuration changed' },
    ])
  })

  it('has one line for a first reason that comes again', async () => {
    const logger = recordingLogger()
    const broken = ['a', 'b']
    await using started = await startWithout({ logger }, {}, { broken })
    await started.update({ broken, n: 2 })
    expect(logger.lines).toMatchObject([{ message: expect.stringMatching(/^no valid configuration yet: .*a.*b/s) }])
  })

  it('shows the end of it on the console', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const info = vi.spyOn(console, 'info').mockImplementation(() => undefined)
    await using started = await startWithout({})
    await started.update({ n: 1 })
    expect(error.mock.calls).toEqual([["hot-config: no valid configuration yet: driven: can't be read: gone"]])
    expect(info.mock.calls).toEqual([['hot-config: configuration loaded']])
  })

  it('names then the sources that no update reaches, as after every start', async () => {
    const logger = recordingLogger()
    await using started = await startWithout({ logger }, { updatable: false, warnings: ['subPath'] })
    await started.update({ n: 1 })
    expect(logger.lines.map(({ message }) => message).slice(1)).toEqual([
      'configuration loaded',
      "updates can't reach driven: subPath",
    ])
  })
})
