import { volume, withCanary, withFallback } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { drivenSource, fileEntries } from '../support/driven-source.ts'
import { drive, follow } from '../support/follow.ts'
import type { Line } from '../support/recording-logger.ts'
import { proves } from '../requirements.ts'

proves('no-silence')

interface Held {
  readonly n: number
  readonly updatable?: boolean
  readonly warnings?: readonly string[]
}

const reading = ({ n, updatable = true, warnings = [] }: Held) => ({
  entries: [{ path: ['n'], value: n }],
  updatable,
  warnings,
})

interface Late {
  readonly updatable: boolean
  /** Whether its updates arrive late. */
  readonly isDegraded: boolean
  readonly fails: boolean
}

/** A source whose updates can arrive late. */
function lateSource(name: string): { readonly source: Source; readonly set: (change: Partial<Late>) => void } {
  let held: Late = { updatable: true, isDegraded: false, fails: false }
  let revision = 0
  const source: Source = {
    name,
    async read() {
      if (held.fails) throw new Error('gone')
      return { revision: String(revision), entries: [{ path: ['n'], value: 1 }], updatable: held.updatable }
    },
    watch: () => ({
      by: 'hand',
      warnings: [],
      get isDegraded() {
        return held.isDegraded
      },
      close: () => undefined,
    }),
  }
  const set = (change: Partial<Late>): void => {
    held = { ...held, ...change }
    revision++
  }
  return { source, set }
}

type Files = Readonly<Record<string, string>>

const texts = (lines: readonly Line[]): string[] => lines.map(({ level, message }) => `${level} ${message}`)

describe('the log', () => {
  it('has a line when updates stop to reach a source, and one when they reach it again', async () => {
    await using running = await drive(drivenSource<Held>({ n: 1 }, { reading }))
    const { logger, update } = running
    logger.lines.length = 0
    await update({ n: 1, updatable: false, warnings: ['no watch since noon'] })
    await update({ n: 1, updatable: false, warnings: ['no watch since noon'] })
    expect(texts(logger.lines)).toEqual(['warn updates no longer reach driven: no watch since noon'])
    expect(logger.lines[0]?.details).toEqual({
      source: 'driven',
      updatable: false,
      warnings: ['no watch since noon'],
    })
    logger.lines.length = 0
    await update({ n: 1 })
    await update({ n: 1 })
    expect(texts(logger.lines)).toEqual([
      'info updates reach driven again',
      'info the configuration is up to date again',
    ])
    expect(logger.lines.map(({ details }) => details)).toEqual([{ status: 'pass' }, { status: 'pass' }])
  })

  it('has a line when a fallback is used, and one when it no longer is', async () => {
    const [first, second] = [drivenSource({ n: 1 }, { name: 'first' }), drivenSource({ n: 1 }, { name: 'second' })]
    await using running = await follow(withFallback(first, second))
    const { logger, config } = running
    logger.lines.length = 0
    first.set(new Error('gone'))
    await config.reload()
    await config.reload()
    expect(texts(logger.lines)).toEqual([expect.stringMatching(/^warn second is used in place of first: .*gone/)])
    logger.lines.length = 0
    first.set({ n: 1 })
    await config.reload()
    expect(texts(logger.lines)).toEqual(['info first is used in place of second'])
  })

  it('has a line when updates that reach a source again arrive late, and one when that ends', async () => {
    const late = lateSource('late')
    await using running = await follow(late.source)
    const { logger, config } = running
    const logs = async (change: Partial<Late>): Promise<string[]> => {
      logger.lines.length = 0
      late.set(change)
      await config.reload()
      return texts(logger.lines).filter((line) => !line.includes('up to date'))
    }
    expect(await logs({ updatable: false })).toEqual(['warn updates no longer reach late'])
    expect(await logs({ updatable: true, isDegraded: true })).toEqual([
      'info updates reach late again',
      'warn updates of late arrive late',
    ])
    expect(await logs({ updatable: false })).toEqual(['warn updates no longer reach late'])
    expect(await logs({ updatable: true, isDegraded: false })).toEqual([
      'info updates reach late again',
      'info updates of late no longer arrive late',
    ])
  })

  it('does not mistake the late updates of one source for those of its fallback', async () => {
    const [late, second] = [lateSource('late'), drivenSource({ n: 1 }, { name: 'second' })]
    await using running = await follow(withFallback(late.source, second))
    const { logger, config } = running
    const logs = async (change: Partial<Late>): Promise<string[]> => {
      logger.lines.length = 0
      late.set(change)
      await config.reload()
      return texts(logger.lines)
    }
    expect(await logs({ isDegraded: true })).toEqual(['warn updates of late arrive late'])
    expect(await logs({ fails: true })).toEqual([expect.stringMatching(/^warn second is used in place of late: /)])
    expect(await logs({ fails: false })).toEqual([
      'info late is used in place of second',
      'warn updates of late arrive late',
    ])
  })

  it('has one line when a rejection ends, whatever ends it', async () => {
    await using running = await drive(drivenSource<{ n: number }>({ n: 1 }), {
      schema: (input: Record<string, unknown>) => {
        if (input['n'] === -1) throw new Error('too small')
        return input
      },
    })
    const { logger, update } = running
    for (const healed of [{ n: 2 }, { n: 2 }]) {
      await update({ n: -1 })
      logger.lines.length = 0
      await update(healed)
      expect(texts(logger.lines)).toContain('info the configuration is up to date again')
    }
  })

  it('says at the start what is wrong with a source that updates reach', async () => {
    const warnings = ['looks odd', 'is old']
    await using running = await follow(drivenSource<Held>({ n: 1, warnings }, { reading }))
    expect(texts(running.logger.lines)).toEqual(['info configuration loaded', 'warn check driven: looks odd; is old'])
    expect(running.config.health().sources[0]).toMatchObject({ updatable: true, warnings })
  })

  it('says once that there is no canary, and does not call updates late for it', async () => {
    await using stable = await createConfigMapVolume()
    await stable.update({ 'a.yaml': 'n: 1' })
    await using running = await follow(withCanary(volume(stable.path), volume(`${stable.path}-canary`)))
    await stable.update({ 'a.yaml': 'n: 2' })
    await running.serves({ n: 2 })
    const { lines } = running.logger
    expect(texts(lines).filter((text) => text.startsWith('warn'))).toEqual([
      expect.stringMatching(/^warn check volume:.*: volume:.*-canary: there is no canary: ENOENT/),
    ])
  })

  it('does not call a configuration up to date while its canary is judged, and then rejected', async () => {
    const files = (n: number): Files => ({ 'hot-config.share': '100%', 'a.json': `{"n":${n}}` })
    const filesOf = (name: string, held: Files) =>
      drivenSource<Files>(held, { name, reading: (given) => ({ entries: fileEntries(given) }) })
    const canary = filesOf('canary', files(-1))
    const stable = filesOf('stable', { 'a.json': '{"n":1}' })
    await using running = await follow(withCanary(stable, canary), {
      schema: (input: Record<string, unknown>) => {
        if (Number(input['n']) < 0) throw new Error('too small')
        return input
      },
    })
    const { logger, config } = running
    for (const n of [-2, -3]) {
      logger.lines.length = 0
      canary.set(files(n))
      await config.reload()
      expect(config.health()).toMatchObject({ status: 'warn', canary: { state: 'refused' } })
      expect(texts(logger.lines)).not.toContain('info the configuration is up to date again')
    }
    logger.lines.length = 0
    canary.set(files(2))
    await config.reload()
    expect(texts(logger.lines)).toEqual([
      'info configuration changed',
      'info the canary of canary serves',
      'info the configuration is up to date again',
    ])
  })
})
