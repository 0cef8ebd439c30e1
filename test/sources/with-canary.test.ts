import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setImmediate } from 'node:timers/promises'

import { createHotConfig, file, values, volume, withCanary } from '@hot-config/core'
import type { HealthReport, Source, ValueEntry } from '@hot-config/core'
import { createConfigMapVolume, sourceContract } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'
import { array, assert, asyncProperty, constantFrom, dictionary, integer, property, record, string } from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { hasAtomicWriter, writeAtomically } from '../support/atomic-writer.ts'
import { drivenFiles, drivenSource, fileEntries } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { loadError } from '../support/load-error.ts'
import { proves } from '../requirements.ts'

proves('canary-stays-small')

const SHARE = 'hot-config.share'

afterEach(() => vi.unstubAllEnvs())

type Files = Readonly<Record<string, string>>

/** A source of files that a test sets. */

const schema = z.object({ max: z.number().max(100), other: z.number().default(0) })

interface Volumes extends AsyncDisposable {
  readonly stable: ConfigMapVolume
  readonly canary: ConfigMapVolume
  readonly source: (identity?: string) => Source
}

async function volumes(stableFiles: Files, canaryFiles: Files): Promise<Volumes> {
  const [stable, canary] = [await createConfigMapVolume(), await createConfigMapVolume()]
  await stable.update(stableFiles)
  await canary.update(canaryFiles)
  return {
    stable,
    canary,
    source: (identity) => withCanary(volume(stable.path), volume(canary.path), { identity }),
    async [Symbol.asyncDispose]() {
      await Promise.all([stable.remove(), canary.remove()])
    },
  }
}

describe('withCanary() of two volumes', () => {
  sourceContract({
    describe,
    it,
    factory: async () => {
      const [stable, canary] = [await createConfigMapVolume(), await createConfigMapVolume()]
      let version = 0
      const change = (): Promise<void> => stable.update({ 'app.json': `{"version":${++version}}` })
      await change()
      await canary.update({ [SHARE]: '50%', 'other.json': '{"a":1}' })
      return {
        source: withCanary(volume(stable.path), volume(canary.path)),
        change,
        takeAway: () => stable.remove(),
        bringBack: async () => {
          await mkdir(stable.path)
          await change()
        },
        dispose: async () => {
          await Promise.all([stable.remove(), canary.remove()])
        },
      }
    },
  })

  it('replaces whole keys, follows both, and goes back when the canary is gone', async () => {
    await using both = await volumes(
      { 'a.yaml': 'max: 1\nother: 7', 'b.yaml': 'more: 1' },
      { [SHARE]: '100%', 'a.yaml': 'max: 50' },
    )
    await using running = await follow(both.source(), { schema: z.looseObject({ max: z.number() }) })
    const { config, serves, reports, logger } = running
    expect(config.current).toEqual({ max: 50, more: 1 })
    await reports({ status: 'pass', canary: { share: 1, chosen: true, state: 'serving' } })
    await both.stable.update({ 'a.yaml': 'max: 1', 'b.yaml': 'more: 2' })
    await serves({ max: 50, more: 2 })
    await both.canary.update({ [SHARE]: '100%', 'b.yaml': 'more: 3' })
    await serves({ max: 1, more: 3 })
    await both.canary.update({})
    await serves({ max: 1, more: 2 })
    await reports({ status: 'pass', canary: null })
    const told = logger.at('info').map(({ message }) => message)
    expect(told).toContain(`the canary of volume:${both.canary.path} serves`)
    expect(told).toContain('the canary no longer serves')
  })

  it('changes nothing when the canary is promoted', async () => {
    await using both = await volumes({ 'a.yaml': 'max: 1' }, { [SHARE]: '100%', 'a.yaml': 'max: 50' })
    await using running = await follow(both.source(), { schema })
    const { current } = running.config
    await both.stable.update({ 'a.yaml': 'max: 50', [SHARE]: '100%' })
    await running.config.reload()
    await both.canary.update({})
    await running.reports({ canary: null, version: 1 })
    expect(running.config.current).toBe(current)
  })

  it('keeps the stable content when the canary is not valid, and takes on its updates', async () => {
    await using both = await volumes({ 'a.yaml': 'max: 1' }, {})
    await using running = await follow(both.source(), { schema })
    const { config, serves, reports, rejections } = running
    const before = config.current
    await both.canary.update({ [SHARE]: '100%', 'a.yaml': 'max: 500' })
    await reports({ status: 'warn', version: 1, canary: { state: 'refused', chosen: true } })
    expect(config.current).toBe(before)
    const source = `volume:${both.canary.path}`
    expect(config.health().lastRejection).toMatchObject({ source, issues: [{ source, file: 'a.yaml', path: 'max' }] })
    await both.stable.update({ 'a.yaml': 'max: 2' })
    await serves({ max: 2, other: 0 })
    await reports({ status: 'warn', canary: { state: 'refused' } })
    expect(rejections).toHaveLength(1)
    await both.canary.update({ [SHARE]: '100%', 'a.yaml': 'max: 50' })
    await serves({ max: 50, other: 0 })
    await reports({ status: 'pass', lastRejection: null, canary: { state: 'serving' } })
    // the content that was rejected is not tried again
    await both.canary.update({ [SHARE]: '100%', 'a.yaml': 'max: 500' })
    await serves({ max: 2, other: 0 })
    await reports({ status: 'warn', canary: { state: 'refused' } })
    expect(rejections).toHaveLength(1)
  })
})

describe('several canaries', () => {
  const of = (...[first, second]: [Files, Files]) => {
    const canaries = [drivenFiles('first', first), drivenFiles('second', second)] as const
    const stable = [drivenFiles('a', { 'a.json': '{"max":1}' }), drivenFiles('b', { 'b.json': '{"other":1}' })] as const
    const side = [withCanary(stable[0], canaries[0]), withCanary(stable[1], canaries[1])]
    return { canaries, side, nested: withCanary(withCanary(stable[0], canaries[0]), canaries[1]) }
  }
  const good = { [SHARE]: '100%', 'a.json': '{"max":2}' }
  const bad = { [SHARE]: '100%', 'b.json': '{"other":"bad"}' }

  it.each<[string, Files, object]>([
    ['gone', {}, { max: 2, other: 1 }],
    ['corrected', { [SHARE]: '100%', 'b.json': '{"other":2}' }, { max: 2, other: 2 }],
    ['no longer chosen', { ...bad, [SHARE]: '0%' }, { max: 2, other: 1 }],
  ])('are tried again once the one that is bad is %s', async (_, next, expected) => {
    const { canaries, side } = of(good, bad)
    await using running = await follow(side, { schema })
    const { config } = running
    expect(config.current).toEqual({ max: 1, other: 1 })
    expect(config.health()).toMatchObject({ status: 'warn', canary: { state: 'refused' } })
    expect(await config.reload()).toBe('unchanged')
    canaries[1].set(next)
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual(expected)
    expect(config.health()).toMatchObject({ status: 'pass', canary: { state: 'serving' }, lastRejection: null })
    canaries[1].set(bad)
    await config.reload()
    // the very content was tried before
    expect(config.current).toEqual({ max: 1, other: 1 })
    expect(running.rejections).toHaveLength(0)
  })

  it.each<[string, Files]>([
    ['for which it was not chosen', { [SHARE]: '0%', 'b.json': '{"other":2}' }],
    ['whose share is missing', { 'b.json': '{"other":2}' }],
    ['that is empty', {}],
  ])('may be nested: one is served inside another one %s', async (_, outer) => {
    const { canaries, nested } = of(good, outer)
    await using running = await follow(nested, { schema })
    const { config } = running
    expect(config.current).toEqual({ max: 2, other: 0 })
    expect(config.health()).toMatchObject({ canary: { state: 'serving', share: 1 } })
    canaries[1].set(new Error('forbidden'))
    await config.reload()
    expect(config.current).toEqual({ max: 2, other: 0 })
    canaries[1].set({ [SHARE]: '100%', 'b.json': '{"other":3}' })
    await config.reload()
    expect(config.current).toEqual({ max: 1, other: 3 })
    expect(config.health()).toMatchObject({ canary: { state: 'serving' } })
  })
})

describe.runIf(hasAtomicWriter)("withCanary() of two volumes that the kubelet's own code writes", () => {
  it('never mixes updates, and ends with the last of both', async () => {
    await using both = await volumes({ 'a.json': '{"max":0}', 'b.json': '{"more":0}' }, {})
    await using running = await follow(both.source(), { schema: z.object({ max: z.number(), more: z.number() }) })
    const files = (of: (n: number) => Record<string, string>) => Array.from({ length: 50 }, (_, n) => of(n + 1))
    await Promise.all([
      writeAtomically(
        both.stable.path,
        files((n) => ({ 'a.json': `{"max":${n}}`, 'b.json': `{"more":${n}}` })),
      ),
      writeAtomically(
        both.canary.path,
        files((n) => ({ [SHARE]: '100%', 'a.json': `{"max":${1000 + n}}` })),
      ),
    ])
    await running.serves({ max: 1050, more: 50 })
    for (const { max, more } of running.served) expect(max >= 1000 || max === more).toBe(true)
    await running.reports({ status: 'pass', canary: { state: 'serving' } })
  })
})

describe('withCanary()', () => {
  it('starts from the stable content when the canary is not valid, and says so', async () => {
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":' })
    await using running = await follow(withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), canary), { schema })
    const { config, logger } = running
    expect(config.current).toEqual({ max: 1, other: 0 })
    expect(config.health()).toMatchObject({
      status: 'warn',
      lastRejection: { source: 'canary' },
      canary: { state: 'refused' },
    })
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^canary rejected, the stable configuration serves: canary a\.json:1/),
    ])
    expect(config.history()).toMatchObject([{ type: 'rejection' }])
  })

  it('fails the start when the stable content is not valid either', async () => {
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":"b"}' })
    const stable = drivenFiles('stable', { 'a.json': '{"max":"a"}' })
    const error = await loadError(createHotConfig({ schema, sources: withCanary(stable, canary), logger: false }))
    expect(error.issues).toMatchObject([{ source: 'stable', path: 'max' }])
  })

  it('serves a canary that is valid while the stable content is not', async () => {
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":2}' })
    const stable = drivenFiles('stable', { 'a.json': '{"max":"a"}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    expect(running.config.current).toMatchObject({ max: 2 })
  })

  it('does not hide that the stable content is gone', async () => {
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'b.json': '{"other":5}' })
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    await using running = await follow(withCanary(stable, canary))
    stable.set({})
    expect(await running.config.reload()).toBe('rejected')
    expect(running.config.health().lastRejection).toMatchObject({
      source: 'stable',
      message: expect.stringContaining('no values any more'),
    })
    expect(running.config.current).toEqual({ max: 1, other: 5 })
    canary.set({})
    await running.config.reload()
    expect(running.config.current).toEqual({ max: 1, other: 5 })
    expect(running.config.health().status).toBe('warn')
  })

  it('does not blame the canary for what is wrong with the stable content', async () => {
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'b.json': '{"other":5}' })
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    stable.set({ 'a.json': '{"max":500}' })
    expect(await running.config.reload()).toBe('rejected')
    expect(running.config.health()).toMatchObject({ lastRejection: { source: 'stable' }, canary: { state: 'serving' } })
    stable.set({ 'a.json': '{"max":3}' })
    await running.config.reload()
    expect(running.config.current).toEqual({ max: 3, other: 5 })
  })

  it('leaves the process on the stable content when a hook or a resource rejects the canary', async () => {
    const canary = drivenFiles('canary')
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    const { config, rejections } = running
    let tries = 0
    const remove = config.beforeChange(({ next }) => {
      tries++
      if (next.value.max === 50) throw new Error('not 50')
    })
    canary.set({ [SHARE]: '100%', 'a.json': '{"max":50}' })
    stable.set({ 'a.json': '{"max":2}' })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toMatchObject({ max: 2 })
    expect(rejections).toMatchObject([{ source: 'canary', issues: [{ code: 'HOT_CONFIG_VETO' }] }])
    await config.reload()
    remove()
    await config.resource('max', (max) => {
      if (max === 51) throw new Error('not 51')
    })
    canary.set({ [SHARE]: '100%', 'a.json': '{"max":51}' })
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toMatchObject({ max: 2 })
    expect(rejections.at(-1)).toMatchObject({ source: 'canary', issues: [{ code: 'HOT_CONFIG_RESOURCE' }] })
    expect(config.health()).toMatchObject({ canary: { state: 'refused' }, pending: null })
    expect(config.health().lastRejection).not.toHaveProperty('retryAt')
    expect(tries).toBe(2)
  })

  it.each([
    ['that comes while a hook is about to reject the canary', false],
    ['that comes after one beside that canary', true],
  ])('does not lose a newer stable update %s', async (_, isSecond) => {
    vi.stubEnv('HOT_CONFIG_CANARY', 'always')
    const [stable, canary] = [drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary')]
    let validating = gate()
    validating.open()
    const slowSchema = async (input: unknown) => (await validating.passed, schema.parse(input))
    await using running = await follow(withCanary(stable, canary), { schema: slowSchema })
    const { config, logger } = running
    const vetoes = [gate(), gate()] as const
    let asked = 0
    config.beforeChange(async ({ next }) => {
      if ((next.value as { readonly other: number }).other !== 5) return
      await vetoes[asked++]?.passed
      throw new Error('not this one')
    })
    if (isSecond) stable.set({ 'a.json': '{"max":2}' })
    canary.set({ 'c.json': '{"other":5}' })
    void config.reload()
    await eventually(() => expect(asked).toBe(1))
    // the newer one is being validated when the canary is rejected
    validating = gate()
    const { reads } = stable
    stable.set({ 'a.json': '{"max":3}' })
    void config.reload()
    await eventually(() => expect(stable.reads).toBe(reads + 1))
    vetoes[0].open()
    // all that follows from it without waiting
    await setImmediate()
    validating.open()
    await running.serves({ max: 3, other: 0 })
    await running.reports({ canary: { state: 'refused' }, lastRejection: { source: 'canary' } })
    expect(config.current).toEqual({ max: 3, other: 0 })
    expect(logger.at('warn').filter(({ message }) => message.startsWith('canary rejected'))).toHaveLength(1)
    vetoes[1].open()
  })

  it('serves the stable content while the canary can not be read, and the canary once it can', async () => {
    const canary = drivenFiles('canary')
    canary.set(new Error('forbidden'))
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    const { config, rejections } = running
    const refused = { status: 'warn', canary: { state: 'refused', digest: null, chosen: false } }
    expect(config.health()).toMatchObject(refused)
    expect(config.health().lastRejection?.message).toBe("canary: can't be read: forbidden")
    await config.reload()
    canary.set({ [SHARE]: '100%', 'a.json': '{"max":2}' })
    await config.reload()
    expect(config.current).toMatchObject({ max: 2 })
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
    canary.set(new Error('forbidden'))
    await config.reload()
    expect(config.current).toMatchObject({ max: 1 })
    expect(config.health()).toMatchObject(refused)
    // that of the start was before anybody could listen
    expect(rejections).toHaveLength(1)
  })

  it('is served in the same check in which the stable source loses all its keys, where that is accepted', async () => {
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}', 'b.json': '{"other":1}' })
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":2}' })
    await using running = await follow(withCanary(stable, canary), { schema, emptied: 'accept' })
    stable.set({})
    await running.config.reload()
    expect(running.served).toEqual([
      { max: 2, other: 1 },
      { max: 2, other: 0 },
    ])
    expect(running.config.health()).toMatchObject({ canary: { state: 'serving' } })
  })

  it.each([
    ['ends', {}],
    ['is broken', { [SHARE]: '100%', 'a.json': '{"max":' }],
  ])('does not hide that stable content is gone that came after it, when it %s', async (_, next) => {
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":2}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    const { config } = running
    stable.set({ 'a.json': '{"max":1}', 'b.yaml': 'other: 5' })
    await config.reload()
    expect(config.current).toEqual({ max: 2, other: 5 })
    stable.set({ 'a.json': '{"max":1}', 'b.yaml': '' })
    canary.set(next)
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toEqual({ max: 2, other: 5 })
    expect(config.health().lastRejection).toMatchObject({ source: 'stable', issues: [{ file: 'b.yaml' }] })
    stable.set({ 'a.json': '{"max":1}', 'b.yaml': 'other: 6' })
    await config.reload()
    expect(config.current).toEqual({ max: 1, other: 6 })
  })

  it.each<[string, Files, readonly number[]]>([
    ['of another value', { 'a.json': '{"max":1}' }, [1]],
    ['that could not be parsed', { 'a.json': '{"max":' }, []],
    ['that was empty', {}, []],
  ])('explains what it overrides in the stable content of now, after a start beside one %s', async (_, first, then) => {
    const stable = drivenFiles('stable', first)
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":2}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    const { config } = running
    const overridden = async () => (await config.explain('max')).overrides.map(({ value }) => value)
    expect(await overridden()).toEqual(then)
    stable.set({ 'a.json': '{"max":3}' })
    expect(await config.reload()).toBe('unchanged')
    expect(await overridden()).toEqual([3])
    stable.set({ 'a.json': '' })
    expect(await config.reload()).toBe('unchanged')
    expect(await overridden()).toEqual([3])
    canary.set({})
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toEqual({ max: 2, other: 0 })
  })

  it('does not hide that stable content is gone that came behind it, where the canary has all keys', async () => {
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":2}', 'b.yaml': 'other: 3' })
    await using running = await follow(withCanary(stable, canary), { schema })
    const { config } = running
    stable.set({ 'a.json': '{"max":1}', 'b.yaml': 'other: 5' })
    expect(await config.reload()).toBe('unchanged')
    const { overrides } = await config.explain('other')
    expect(overrides.map(({ value }) => value)).toEqual([5])
    stable.set({ 'a.json': '{"max":1}', 'b.yaml': '' })
    expect(await config.reload()).toBe('unchanged')
    canary.set({})
    expect(await config.reload()).toBe('rejected')
    expect(config.current).toEqual({ max: 2, other: 3 })
  })

  it('does not hide that a stable source is gone that was empty when it started', async () => {
    const stable = drivenFiles('stable', {})
    const canary = drivenFiles('canary', { [SHARE]: '100%', 'a.json': '{"max":2}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    stable.set({ 'b.json': '{"other":5}' })
    await running.config.reload()
    stable.set({})
    expect(await running.config.reload()).toBe('rejected')
    expect(running.config.current).toEqual({ max: 2, other: 5 })
  })

  it.each<[string, Files, Files, object]>([
    ['a list of the others', { 'shop/a.json': '{"other":1}' }, { 'canary/a.json': '{"max":2}' }, { max: 2, other: 0 }],
    ['one of the others', { 'shop/a.json': '{"other":1}' }, { 'a.json': '{"max":2}' }, { max: 2, other: 0 }],
    ['a list of the other', { 'a.json': '{"other":1}' }, { 'canary/a.json': '{"max":2}' }, { max: 2, other: 0 }],
    [
      'a list with the same names',
      { 'one/a.json': '{"other":1}', 'two/a.json': '{"max":1}' },
      { 'two/a.json': '{"max":2}' },
      { max: 2, other: 1 },
    ],
  ])('replaces whole keys, of ConfigMaps that are %s', async (_, stableFiles, canaryFiles, expected) => {
    const owned = (name: string, files: Files): Source =>
      drivenSource<Files>(files, {
        name,
        reading: (held) => ({
          entries: Object.entries(held).map(([path, text]) => {
            const [owner, key] = path.includes('/') ? path.split('/') : [undefined, path]
            return { key: key ?? '', bytes: Buffer.from(text), ...(owner !== undefined && { owner }) }
          }),
        }),
      })
    const sources = withCanary(owned('stable', stableFiles), owned('canary', { [SHARE]: '100%', ...canaryFiles }))
    await using running = await follow(sources, { schema })
    expect(running.config.current).toEqual(expected)
    expect(running.config.health()).toMatchObject({ canary: { state: 'serving' } })
  })

  it('does not hide in the log that a fault beside it has ended', async () => {
    const canary = drivenFiles('canary')
    const beside = drivenFiles('beside', { 'b.json': '{"other":1}' })
    const sources = [withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), canary), beside]
    await using running = await follow(sources, { schema })
    canary.set({ [SHARE]: '100%', 'a.json': '{"max":2}' })
    beside.set(new Error('gone'))
    await running.config.reload()
    expect(running.config.health()).toMatchObject({ status: 'warn', canary: { state: 'waiting', chosen: true } })
    beside.set({ 'b.json': '{"other":2}' })
    await running.config.reload()
    expect(running.config.health()).toMatchObject({ status: 'pass', canary: { state: 'serving' } })
    const ends = running.logger.at('info').filter(({ message }) => message.includes('up to date again'))
    expect(ends).toHaveLength(1)
  })

  it('is one line each time that it can not be read', async () => {
    const canary = drivenFiles('canary')
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    for (let time = 1; time <= 3; time++) {
      canary.set(new Error('forbidden'))
      await running.config.reload()
      await running.config.reload()
      expect(running.config.health()).toMatchObject({ status: 'warn', canary: { state: 'refused' } })
      expect(running.logger.at('warn')).toHaveLength(time)
      canary.set({})
      await running.config.reload()
      expect(running.config.health()).toMatchObject({ status: 'pass', canary: null })
    }
  })

  it.each([
    ['content', {}],
    ['share', { [SHARE]: '0%', 'a.json': '{"max":101}' }],
  ])('is one line each time that it comes again after it was rejected and its %s was taken away', async (_, away) => {
    const canary = drivenFiles('canary')
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    await using running = await follow(withCanary(stable, canary), { schema })
    for (let time = 1; time <= 3; time++) {
      canary.set({ [SHARE]: '100%', 'a.json': '{"max":101}' })
      await running.config.reload()
      await running.config.reload()
      expect(running.config.health()).toMatchObject({ status: 'warn', canary: { state: 'refused' } })
      expect(running.logger.at('warn')).toHaveLength(time)
      canary.set(away)
      await running.config.reload()
      expect(running.config.health()).toMatchObject({ status: 'pass' })
    }
    // it was tried once
    expect(running.rejections).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'text'],
    ['a reading without entries', { revision: '1' }],
  ])('serves the stable content when the canary returns %s', async (_, reading) => {
    const canary: Source = { name: 'canary', read: async () => reading as never }
    const source = withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), canary)
    await using running = await follow(source, { schema })
    expect(running.config.health()).toMatchObject({ canary: { state: 'refused' }, lastRejection: { source: 'canary' } })
    const stable = withCanary(canary, drivenFiles('other', { 'a.json': '{"max":1}' }))
    const { issues } = await loadError(createHotConfig({ schema, sources: stable, logger: false }))
    expect(issues).toMatchObject([{ code: 'HOT_CONFIG_SOURCE', source: 'canary' }])
  })

  it('reports when updates of the canary no longer arrive, and when they do again', async () => {
    const stable = drivenFiles('stable', { 'app.json': '{"max":1}' })
    let updatable = true
    const canary = drivenSource<Files>(
      { [SHARE]: '100%', 'app.json': '{"max":2}' },
      {
        name: 'canary',
        reading: (held) => ({
          entries: fileEntries(held),
          updatable,
          warnings: updatable ? [] : ['no watch since noon'],
          mayBeEmpty: true,
        }),
      },
    )
    await using followed = await follow(withCanary(stable, canary), { schema })
    const { config, logger } = followed
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ updatable: true }] })
    for (let turn = 0; turn < 2; turn++) {
      logger.lines.length = 0
      updatable = false
      await config.reload()
      expect(config.health()).toMatchObject({ status: 'warn', sources: [{ updatable: false }] })
      updatable = true
      await config.reload()
      expect(config.health()).toMatchObject({ status: 'pass', sources: [{ updatable: true }] })
      expect(logger.lines.map(({ message }) => message)).toEqual([
        'updates no longer reach stable: canary: no watch since noon',
        'updates reach stable again',
        'the configuration is up to date again',
      ])
    }
    // no canary, as one that was deleted: nothing is missed by the stable content
    updatable = false
    canary.set({})
    await config.reload()
    expect(config.health()).toMatchObject({ status: 'pass', canary: null, sources: [{ updatable: true }] })
  })

  it('does not wait for a canary that hangs', async () => {
    const canary = drivenFiles('canary')
    canary.hang()
    await using running = await follow(withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), canary), { schema })
    expect(running.config.health().lastRejection?.message).toBe("canary: can't be read: not read within 2000 ms")
  })

  it('takes a folder that is not there as no canary, with a warning', async () => {
    await using stable = await createConfigMapVolume()
    await stable.update({ 'a.yaml': 'max: 1' })
    const missing = `${stable.path}-canary`
    await using running = await follow(withCanary(volume(stable.path), volume(missing)), { schema })
    const { status, canary, sources } = running.config.health()
    expect({ status, canary }).toEqual({ status: 'pass', canary: null })
    expect(sources[0]?.warnings).toEqual([expect.stringContaining(`volume:${missing}: there is no canary: ENOENT`)])
    await using one = await follow(withCanary(volume(stable.path), file(`${missing}/a.yaml`)), { schema })
    expect(one.config.health()).toMatchObject({ status: 'pass', canary: null })
  })

  it('lets a canary with secrets show nothing of them', async () => {
    const canary = drivenSource<Files>(
      { [SHARE]: '100%', 'db.json': '{"pass":"hunter2hunter2"}' },
      { name: 'canary', reading: (held) => ({ entries: fileEntries(held, true) }) },
    )
    await using running = await follow(withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), canary))
    expect(running.config.current).toEqual({ max: 1, pass: 'hunter2hunter2' })
    expect(running.config.health().canary?.digest).toMatch(/^hmac-sha256:/)
  })

  it('replaces the names of an object as whole keys, and leaves all others', async () => {
    const tree = dictionary(
      constantFrom('a', 'b', 'c', 'd', '__proto__'),
      dictionary(constantFrom('x', 'y'), integer()),
    )
    const check = asyncProperty(tree, tree, async (stable, own) => {
      const source = withCanary(values(stable), values({ ...own, [SHARE]: '100%' }))
      const { entries, canary } = await source.read(new AbortController().signal)
      expect(canary === undefined).toBe(Object.keys(own).length === 0)
      const served = (canary?.entries ?? entries) as readonly ValueEntry[]
      const objects = served.map(({ value }) => Object.entries(value as object))
      expect(Object.fromEntries(objects.flat())).toEqual({ ...stable, ...own })
      // no name is in two of them, which would be merged
      expect(new Set(objects.flat().map(([name]) => name)).size).toBe(objects.flat().length)
    })
    await assert(check, { numRuns: 200 })
    const canary = values({ pool: { max: 2 }, [SHARE]: '100%' })
    await using running = await follow(withCanary(values({ pool: { max: 1, min: 1 }, other: 1 }), canary))
    expect(running.config.current).toEqual({ pool: { max: 2 }, other: 1 })
  })
})

const digestOf = async (source: Source): Promise<string> =>
  (await source.read(new AbortController().signal)).canary?.digest ?? ''

const isChosen = async (files: Files, identity: string): Promise<boolean | undefined> => {
  const source = withCanary(drivenFiles('stable'), drivenFiles('canary', files), { identity })
  return (await source.read(new AbortController().signal)).canary?.chosen
}

const pods = (count: number): string[] => Array.from({ length: count }, (_, index) => `shop-7d9f-${index}`)

async function chosenOf(files: Files, names: readonly string[]): Promise<Set<string>> {
  const chosen = new Set<string>()
  for (const name of names) if (await isChosen(files, name)) chosen.add(name)
  return chosen
}

describe('the choice', () => {
  const content = string({ minLength: 1, maxLength: 20 })

  it('is monotone in the share, within the bounds of chance, and another one for another canary', async () => {
    const names = pods(200)
    const check = asyncProperty(content, content, async (one, other) => {
      let smaller = new Set<string>()
      for (const percent of [0, 1, 10, 50, 100]) {
        const chosen = await chosenOf({ [SHARE]: `${percent}%`, 'app.txt': one }, names)
        for (const name of smaller) expect(chosen).toContain(name)
        const [mean, deviation] = [200 * (percent / 100), Math.sqrt((200 * percent * (100 - percent)) / 10_000)]
        // beyond 6 standard deviations, by chance one time in a billion, and a few for the tail of small shares
        expect(Math.abs(chosen.size - mean)).toBeLessThanOrEqual(6 * deviation + (percent === 1 ? 4 : 0))
        smaller = chosen
      }
      if (one === other) return
      const half = async (text: string) => chosenOf({ [SHARE]: '50%', 'app.txt': text }, names)
      expect(await half(one)).not.toEqual(await half(other))
    })
    await assert(check, { numRuns: 10 })
  })

  it('depends on the identity, on all keys, and on nothing else', async () => {
    const files = record({ a: content, b: content })
    const check = asyncProperty(files, integer({ min: 0, max: 99 }), async ({ a, b }, percent) => {
      const text = { 'a.txt': a, 'b.txt': b }
      const source = withCanary(drivenFiles('stable'), drivenFiles('canary', { [SHARE]: '3%', ...text }))
      const digest = await digestOf(source)
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      const hash = createHash('sha256').update(`me\n${digest}`).digest()
      const expected = hash.readUInt32BE(0) / 2 ** 32 < percent / 100
      expect(await isChosen({ 'b.txt': b, 'a.txt': a, [SHARE]: `${percent}%\n` }, 'me')).toBe(expected)
    })
    await assert(check, { numRuns: 100 })
  })

  it('uses the option, else POD_NAME, else the name of the host', async () => {
    const chosen = async (identity?: string): Promise<string> => {
      const canaries = Array.from({ length: 64 }, (_, index) => ({ [SHARE]: '50%', 'app.txt': String(index) }))
      const all = canaries.map((files) => {
        const source = withCanary(drivenFiles('stable'), drivenFiles('canary', files), { identity })
        return source.read(new AbortController().signal)
      })
      return (await Promise.all(all)).map(({ canary }) => Number(canary?.chosen)).join('')
    }
    vi.stubEnv('POD_NAME', '')
    expect(await chosen()).toBe(await chosen(hostname()))
    vi.stubEnv('POD_NAME', 'pod-1')
    expect(await chosen()).toBe(await chosen('pod-1'))
    expect(await chosen('pod-2')).not.toBe(await chosen('pod-1'))
  })

  it.each([
    ['always', '0%', true],
    ['never', '100%', false],
  ])('is set by hand with HOT_CONFIG_CANARY=%s', async (word, share, expected) => {
    vi.stubEnv('HOT_CONFIG_CANARY', word)
    expect(await isChosen({ [SHARE]: share, 'a.txt': '1' }, 'me')).toBe(expected)
  })

  it('rejects another word in HOT_CONFIG_CANARY', () => {
    vi.stubEnv('HOT_CONFIG_CANARY', 'sometimes')
    expect(() => withCanary(drivenFiles('stable'), drivenFiles('canary'))).toThrow(
      'HOT_CONFIG_CANARY: expected "always" or "never", got a text',
    )
  })

  it('falls on nobody with a share that is missing or wrong, which is a warning', async () => {
    const wrong = constantFrom(
      undefined,
      '',
      '%',
      '10',
      '101%',
      '-1%',
      '1e1%',
      'ten%',
      '10%%',
      '0x1%',
      '100.01%',
      'NaN%',
    )
    const check = asyncProperty(wrong, async (share) => {
      const canary = drivenFiles('canary', { ...(share !== undefined && { [SHARE]: share }), 'a.json': '{"max":2}' })
      await using running = await follow(withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), canary), {
        schema,
      })
      const { config, logger } = running
      expect(config.current).toMatchObject({ max: 1 })
      expect(config.health()).toMatchObject({ status: 'warn', canary: { share: 0, chosen: false, state: 'waiting' } })
      const warning = expect.stringMatching(
        /^canary: hot-config\.share.*expected a percentage from 0% to 100%/,
      ) as string
      expect(config.health().sources[0]?.warnings).toEqual([warning])
      expect(logger.at('warn')).toHaveLength(1)
    })
    await assert(check, { numRuns: 20 })
  })

  it('falls on nobody else with a wrong share where HOT_CONFIG_CANARY chooses a process', async () => {
    vi.stubEnv('HOT_CONFIG_CANARY', 'always')
    const canary = drivenFiles('canary', { [SHARE]: 'ten', 'a.json': '{"max":2}' })
    await using running = await follow(withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), canary), { schema })
    expect(running.config.current).toMatchObject({ max: 2 })
    expect(running.logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^nobody else is chosen for the canary: canary hot-config\.share/),
    ])
  })

  it('reads every percentage', () => {
    const check = property(
      integer({ min: 0, max: 10_000 }),
      array(constantFrom(' ', '\n'), { maxLength: 2 }),
      (n, space) => {
        expect(shareIn(`${n / 100}%${space.join('')}`)).toBeCloseTo(n / 10_000, 9)
      },
    )
    const shareIn = (text: string): number => Number(/^(\S+)%/.exec(text)?.[1]) / 100
    assert(check)
  })
})

it('health says the same of a canary in every process, and compares like with like', async () => {
  const files = { [SHARE]: '50%', 'a.json': '{"max":2}' }
  const reports: HealthReport[] = []
  for (const name of pods(8)) {
    const source = withCanary(drivenFiles('stable', { 'a.json': '{"max":1}' }), drivenFiles('canary', files), {
      identity: name,
    })
    await using running = await follow(source, { schema })
    reports.push(running.config.health())
  }
  const digests = (chosen: boolean) =>
    new Set(reports.filter(({ canary }) => canary?.chosen === chosen).map(({ digest }) => digest))
  expect(new Set(reports.map(({ canary }) => canary?.digest)).size).toBe(1)
  expect([digests(true).size, digests(false).size]).toEqual([1, 1])
})
