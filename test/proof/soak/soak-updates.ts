import { setTimeout as delay } from 'node:timers/promises'

import type { ConfigMapVolume } from '@hot-config/testing'

import type { AppState, SoakApp } from './soak-app.ts'

/** How long any app may take to do what an update asks for, on a machine under load. */
const WITHIN_MS = 60_000

const CHECK_MS = 25
const BURST = 20
const HUGE_ITEMS = 20_000

/** Waits until all apps are in this state. @throws {Error} when one is not in time */
export async function untilAll(
  apps: readonly SoakApp[],
  what: string,
  isReached: (state: AppState) => boolean,
): Promise<void> {
  const end = performance.now() + WITHIN_MS
  await Promise.all(
    apps.map(async (app) => {
      for (;;) {
        const state = await app.ask('state')
        if (isReached(state)) return
        if (performance.now() > end) {
          throw new Error(`${app.framework}: not ${what} within ${WITHIN_MS} ms: ${JSON.stringify(state)}`)
        }
        await delay(CHECK_MS)
      }
    }),
  )
}

interface Content {
  readonly fails?: boolean
  readonly size?: number
}

/** The files of an update. Both carry its count, so that an app can tell one that is torn. */
function filesOf(count: number, { fails, size = 4 }: Content = {}): Record<string, string> {
  return {
    'app.json': JSON.stringify({ count, fails, pool: { size } }),
    'copy.json': JSON.stringify({ copy: count }),
  }
}

/** What happens to the volumes of the apps, one thing after the other. */
export class SoakUpdates {
  readonly #stable: ConfigMapVolume
  readonly #canary: ConfigMapVolume
  readonly #apps: readonly SoakApp[]
  #count = 1

  constructor(stable: ConfigMapVolume, canary: ConfigMapVolume, apps: readonly SoakApp[] = []) {
    this.#stable = stable
    this.#canary = canary
    this.#apps = apps
  }

  /** The first content of both volumes. */
  static async begin(stable: ConfigMapVolume, canary: ConfigMapVolume): Promise<void> {
    await stable.update(filesOf(1))
    await canary.update({})
  }

  /** What can happen, by name. Each ends when the apps have reacted. */
  readonly kinds: Readonly<Record<string, () => Promise<void>>> = {
    good: () => this.good(),

    burst: async () => {
      for (let turn = 0; turn < BURST; turn++) await this.#stable.update(filesOf(++this.#count))
      await this.#serves()
    },

    'rejected by the schema': async () => {
      await this.#stable.update({ ...filesOf(++this.#count), 'copy.json': '{"copy":-1}' })
      await this.#rejects()
    },

    'not JSON': async () => {
      await this.#stable.update({ ...filesOf(++this.#count), 'app.json': '{"count":' })
      await this.#rejects()
    },

    huge: async () => {
      const items = Array.from({ length: HUGE_ITEMS }, (_, index) => `- {name: item ${index}, count: ${this.#count}}`)
      await this.#stable.update({ ...filesOf(++this.#count), 'huge.yaml': `items:\n${items.join('\n')}\n` })
      await this.#serves()
    },

    emptied: async () => {
      await this.#stable.update({})
      await this.#rejects()
    },

    'another resource': async () => {
      await this.#stable.update(filesOf(++this.#count, { size: 5 + (this.#count % 5) }))
      await this.#serves()
    },

    'a resource that fails': async () => {
      await this.#stable.update(filesOf(++this.#count, { size: 13 }))
      await this.#rejects()
    },

    'taken back': async () => {
      await this.#stable.update(filesOf(++this.#count, { fails: true }))
      await this.#all('taken back', ({ fails, health }) => !fails && health.guard?.state === 'taken-back')
    },

    canary: async () => {
      await this.#canaryOf('100%')
      await this.#all('serving the canary', ({ health }) => health.canary?.state === 'serving')
      await this.#endCanary()
    },

    'a canary for some': async () => {
      await this.#canaryOf('50%')
      await this.#all('aware of the canary', ({ health }) => health.canary !== null)
      await this.#endCanary()
    },

    'a canary that is rejected': async () => {
      await this.#canary.update({ 'hot-config.share': '100%', ...filesOf(++this.#count), 'copy.json': '{}' })
      await this.#all('rejecting the canary', ({ health }) => health.canary?.state === 'refused')
      await this.#endCanary()
    },

    'a canary that is taken back': async () => {
      await this.#canaryOf('100%', { fails: true })
      await this.#all('without the canary', ({ fails, health }) => !fails && health.canary?.state === 'taken-back')
      await this.#endCanary()
    },
  }

  /** Publishes good content, and waits until all apps serve it. */
  async good(): Promise<void> {
    await this.#stable.update(filesOf(++this.#count))
    await this.#serves()
  }

  async #canaryOf(share: string, content: Content = {}): Promise<void> {
    await this.#canary.update({ 'hot-config.share': share, ...filesOf(++this.#count, content) })
  }

  async #endCanary(): Promise<void> {
    await this.#canary.update({})
    await this.#all('without a canary', ({ health }) => health.canary === null)
  }

  #serves(): Promise<void> {
    return this.#all(`serving ${this.#count}`, ({ count }) => count === this.#count)
  }

  #rejects(): Promise<void> {
    return this.#all('rejecting', ({ health }) => health.lastRejection !== null)
  }

  #all(what: string, isReached: (state: AppState) => boolean): Promise<void> {
    return untilAll(this.#apps, what, isReached)
  }
}
