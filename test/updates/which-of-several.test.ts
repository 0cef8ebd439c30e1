import { answerHealth, createHotConfig } from '@hot-config/core'
import { expect, describe, it } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'
import type { Driven } from '../support/follow.ts'
import { recordingLogger } from '../support/recording-logger.ts'

interface Config {
  readonly n: number
}

const start = () =>
  drive(drivenSource<object>({ n: 1 }), { schema: (input: Record<string, unknown>) => input as unknown as Config })

type Running = Driven<Config, object>

const vetoes = (): never => {
  throw new Error('not now')
}

/** Everything that shows why the last update was rejected. */
async function shownOf({ config, logger }: Running): Promise<readonly string[]> {
  const report = config.health()
  const headers = { accept: 'text/html' }
  const { body } = await answerHealth(config, { headers, url: '/config/health' }, { page: true })
  const last = config.history().at(-1)
  return [
    logger.at('warn').at(-1)?.message ?? '',
    report.lastRejection?.message ?? '',
    report.lastRejection?.issues[0]?.message ?? '',
    last?.type === 'rejection' ? last.message : '',
    typeof body === 'string' ? body : '',
  ]
}

describe('the message of a veto', () => {
  function checkUpstream(): void {}

  it.each<[string, readonly (() => unknown)[], string]>([
    ['nothing more for the only hook', [() => vetoes()], 'vetoed before the change: not now'],
    ['the name of the function', [checkUpstream, vetoes], 'vetoed before the change: not now (hook vetoes)'],
    [
      'the place of a function without a name',
      [checkUpstream, () => undefined, () => vetoes()],
      'vetoed before the change: not now (hook 3 of 3)',
    ],
    [
      'both, where several have the name',
      [checkUpstream, vetoes, vetoes],
      'vetoed before the change: not now (hook 2 of 3: vetoes)',
    ],
  ])('names which of several hooks it was: %s', async (_what, hooks, message) => {
    await using running = await start()
    for (const hook of hooks) running.config.beforeChange(hook)
    expect(await running.update({ n: 2 })).toBe('rejected')
    for (const shown of await shownOf(running)) expect(shown).toContain(message)
    expect(running.rejections[0]?.error).toMatchObject({ issues: [{ message }], cause: { message: 'not now' } })
  })

  it('names a hook that removed itself, and one whose name throws', async () => {
    await using running = await start()
    running.config.beforeChange(checkUpstream)
    const stop = running.config.beforeChange(function removesItself() {
      stop()
      vetoes()
    })
    await running.update({ n: 2 })
    expect(running.config.health().lastRejection?.message).toBe(
      'vetoed before the change: not now (hook removesItself)',
    )
    const hostile = new Proxy(vetoes, {
      get: () => {
        throw new Error('no property')
      },
    })
    running.config.beforeChange(hostile)
    await running.update({ n: 3 })
    expect(running.config.health().lastRejection?.message).toBe('vetoed before the change: not now (hook 2 of 2)')
  })
})

describe('the message of a resource', () => {
  /** Fails for every value but the first. */
  const failing = ({ n }: Config): object => (n === 1 ? {} : vetoes())
  const working = (): object => ({})

  it.each<[string, (running: Running) => Promise<unknown>, string]>([
    [
      'nothing more for the only one',
      ({ config }) => config.resource(({ n }) => ({ n }), failing),
      'a resource could not be built: not now',
    ],
    [
      'the name of the function',
      async ({ config }) => {
        await config.resource('n', working)
        await config.resource(({ n }) => ({ n }), failing)
      },
      'a resource could not be built: not now (resource failing)',
    ],
    [
      'the place of a function without a name',
      async ({ config }) => {
        await config.resource(({ n }) => ({ n }), working)
        await config.resource(
          ({ n }) => ({ n }),
          (part: Config) => failing(part),
        )
      },
      'a resource could not be built: not now (resource 2 of 2)',
    ],
    [
      'nothing more where its path tells it',
      async ({ config }) => {
        await config.resource(({ n }) => ({ n }), working)
        await config.resource('n', (n: number) => failing({ n }))
      },
      'a resource could not be built: not now',
    ],
    [
      'the name, where two have one path',
      async ({ config }) => {
        await config.resource('n', working)
        await config.resource('n', function createPool(n: number) {
          return failing({ n })
        })
      },
      'a resource could not be built: not now (resource createPool)',
    ],
  ])('names which of several it was: %s', async (_what, prepare, message) => {
    await using running = await start()
    await prepare(running)
    expect(await running.update({ n: 2 })).toBe('rejected')
    for (const shown of await shownOf(running)) expect(shown).toContain(message)
    expect(running.rejections[0]?.issues[0]?.message).toBe(message)
  })

  it('names which of several could not be disposed of', async () => {
    const logger = recordingLogger()
    const source = drivenSource<Config>({ n: 1 })
    const config = await createHotConfig({ sources: source, logger })
    await config.resource((value) => value, working)
    await config.resource((value) => value, working, { dispose: vetoes })
    await config.resource(
      (value) => value,
      function createPool() {
        return working()
      },
      { dispose: vetoes },
    )
    await config.close()
    const messages = logger.at('error').map(({ message }) => message)
    expect(messages).toContain('a resource could not be disposed of (resource createPool)')
    expect(messages).toContain('a resource could not be disposed of (resource 2 of 3: working)')
  })
})
