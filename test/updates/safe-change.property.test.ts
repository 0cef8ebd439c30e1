import { createHotConfig, withCanary } from '@hot-config/core'
import type { HotConfig, LastGoodStore } from '@hot-config/core'
import { array, assert, asyncProperty, boolean, constant, constantFrom, oneof, record } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { expect, it, vi } from 'vitest'

import { drivenSource, fileEntries } from '../support/driven-source.ts'
import { WITHIN_MS } from '../support/eventually.ts'
import { proves } from '../requirements.ts'

proves('starts-from-last-good', 'canary-stays-small', 'guard-takes-back')

/** What a file says: good values serve, bad ones pass the schema and are taken back, and invalid ones don't pass it. */
type Content = 'good 1' | 'good 2' | 'good 3' | 'bad 1' | 'bad 2' | 'invalid' | 'torn'

type Step =
  | { readonly type: 'stable'; readonly content: Content }
  | { readonly type: 'canary'; readonly content: Content | undefined; readonly share: '0%' | '100%' }
  | { readonly type: 'unreadable'; readonly which: 'stable' | 'canary' }
  | { readonly type: 'restart'; readonly store: boolean }

const content = constantFrom<Content[]>('good 1', 'good 2', 'good 3', 'bad 1', 'bad 2', 'invalid', 'torn')
const step: Arbitrary<Step> = oneof(
  record({ type: constant('stable' as const), content }),
  record({
    type: constant('canary' as const),
    content: oneof(content, constant(undefined)),
    share: constantFrom('0%' as const, '100%' as const),
  }),
  record({ type: constant('unreadable' as const), which: constantFrom('stable' as const, 'canary' as const) }),
  record({ type: constant('restart' as const), store: boolean() }),
)

interface Value {
  readonly says: string
}

const schema = (input: unknown): Value => {
  const { says } = input as Value
  if (typeof says !== 'string' || says === 'invalid') throw new Error('not valid')
  return { says }
}

const isUsable = (held: Content | undefined): boolean => held !== 'invalid' && held !== 'torn'
const isBad = (held: Content | undefined): boolean => held?.startsWith('bad') === true

const filesOf = (held: Content): Record<string, string> => ({
  'a.json': held === 'torn' ? '{"says":' : JSON.stringify({ says: held }),
})

/** The processes of one pod after another, on the same sources and the same store. */
class System {
  readonly stable = drivenSource<Record<string, string>>(filesOf('good 1'), {
    name: 'stable',
    reading: (held) => ({ entries: fileEntries(held) }),
  })
  readonly canary = drivenSource<Record<string, string>>(
    {},
    { name: 'canary', reading: (held) => ({ entries: fileEntries(held), mayBeEmpty: true }) },
  )
  held: Uint8Array | undefined
  readonly store: LastGoodStore = {
    load: async () => this.held,
    save: async (bytes) => void (this.held = bytes),
  }
  config: HotConfig<Value> | undefined

  async start(withStore: boolean): Promise<void> {
    await this.config?.close()
    const starting = createHotConfig({
      sources: withCanary(this.stable, this.canary),
      schema,
      guard: {
        bakeMs: 2 ** 30,
        intervalMs: 1,
        check: ({ current }) => {
          if (isBad((current as Value).says as Content)) throw new Error('bad')
        },
      },
      ...(withStore && { lastGood: this.store }),
      logger: false,
    })
    this.config = await starting.catch(() => undefined)
  }

  /** Waits until nothing bad is being watched any more: then what follows from the last step has happened. */
  async settle(): Promise<void> {
    const { config } = this
    if (!config) return
    for (;;) {
      await config.reload()
      const { version, value } = config.snapshot
      const isWatched = config.health().guard?.state === 'baking' && isBad(value.says as Content)
      if (!isWatched) return
      await vi.waitUntil(() => config.snapshot.version !== version, { timeout: WITHIN_MS, interval: 1 })
    }
  }
}

/** Something that serves, or may come back. */
interface Served {
  readonly content: Content
  readonly isCanary: boolean
  readonly isStored?: boolean
}

/** The same by a few rules about contents, without snapshots, layers or digests. Nothing ever bakes to its end. */
class Model {
  stable: Content | undefined = 'good 1'
  canary: Content | undefined
  isChosen = false
  serves: Served | undefined
  /** What has baked, while something newer serves. */
  base: Served | undefined
  hasStore = false
  stored: Content | undefined
  #refused = new Set<Content>()
  #takenBack: Content | undefined

  start(hasStore: boolean): void {
    this.hasStore = hasStore
    this.#refused = new Set()
    this.#takenBack = undefined
    this.base = undefined
    const kept: Served | undefined =
      hasStore && this.stored ? { content: this.stored, isCanary: false, isStored: true } : undefined
    this.serves = this.#offered() ?? kept
    this.#save()
  }

  /** Takes what the sources hold, and takes back what is bad. */
  check(): void {
    if (!this.serves) return
    for (let next = this.#offered(); next; next = this.#offered()) {
      if (next.content === this.serves?.content) {
        this.serves = next
        return this.#save()
      }
      const base: Served | undefined = (this.base ??= this.serves)
      this.serves = next
      if (next.content === base?.content) {
        this.base = undefined
        return this.#save()
      }
      if (!isBad(next.content)) return
      this.serves = base
      this.base = undefined
      if (!next.isCanary) {
        this.#takenBack = next.content
        return
      }
      this.#refused.add(next.content)
    }
  }

  #offered(): Served | undefined {
    const { canary, stable } = this
    // what is beside a source that can't be read is not tried
    if (stable === undefined) return undefined
    const isStableUsable = isUsable(stable) && stable !== this.#takenBack
    if (canary !== undefined && this.isChosen && !this.#refused.has(canary)) {
      if (isUsable(canary) && canary !== this.#takenBack) return { content: canary, isCanary: true }
      if (isStableUsable) this.#refused.add(canary)
    }
    if (!isStableUsable) return undefined
    this.#takenBack = undefined
    return { content: stable, isCanary: false }
  }

  /** What has not baked, or is a canary, is not kept. */
  #save(): void {
    const { serves } = this
    if (this.hasStore && serves && !serves.isCanary && !serves.isStored && !this.base) this.stored = serves.content
  }
}

it('serves what a small model says, whatever the sources, canaries, guards, stores and restarts do', async () => {
  const check = asyncProperty(boolean(), array(step, { minLength: 1, maxLength: 25 }), async (hasStore, steps) => {
    const [system, model] = [new System(), new Model()]
    const start = async (withStore: boolean): Promise<void> => {
      await system.start(withStore)
      model.start(withStore)
    }
    try {
      await start(hasStore)
      for (const next of steps) {
        const before = model.base ? undefined : system.config?.current
        if (next.type === 'stable') {
          model.stable = next.content
          system.stable.set(filesOf(next.content))
        } else if (next.type === 'canary') {
          model.canary = next.content
          model.isChosen = next.share === '100%'
          system.canary.set(next.content ? { ...filesOf(next.content), 'hot-config.share': next.share } : {})
        } else if (next.type === 'unreadable') {
          model[next.which] = undefined
          system[next.which].set(new Error('gone'))
        }
        if (next.type === 'restart' || !system.config) await start(next.type === 'restart' ? next.store : hasStore)
        await system.settle()
        model.check()
        const { config } = system
        expect(config?.current.says).toBe(model.serves?.content)
        if (!config) continue
        const health = config.health()
        const { serves, canary } = model
        // while the stable source can't be read, nothing is known of the canary either
        if (model.stable !== undefined) {
          const isServing = serves?.isCanary === true && canary === serves.content
          expect(health.canary?.state === 'serving').toBe(isServing)
        }
        expect(health.servedFrom).toBe(model.serves?.isStored ? 'last-good' : 'sources')
        // what is taken back brings back the very value before
        if (next.type !== 'restart' && before?.says === config.current.says) expect(config.current).toBe(before)
      }
    } finally {
      await system.config?.close()
    }
  })
  await assert(check, { numRuns: 200, interruptAfterTimeLimit: 60_000 })
}, 120_000)
