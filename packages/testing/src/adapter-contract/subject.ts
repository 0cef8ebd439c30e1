import { setTimeout as delay } from 'node:timers/promises'

import type { AdapterOptions } from '@hot-config/core'

import { createConfigMapVolume } from '../config-map-volume.js'
import type { AppOnVolume, AppUnderTest, RunningApp, Subject } from './app-under-test.js'
import { CONTRACT_SCHEMA, keysOf } from './contract-config.js'

const POLL_MS = 5

/** Starts apps, and closes them and removes their volumes at the end of the test. */
export class StartedApps implements Subject {
  readonly #start: (app: AppUnderTest) => Promise<RunningApp>
  readonly #withinMs: number
  readonly #ends: (() => Promise<void>)[] = []

  constructor(start: (app: AppUnderTest) => Promise<RunningApp>, withinMs: number) {
    this.#start = start
    this.#withinMs = withinMs
  }

  async start(app: Partial<AppUnderTest> & Pick<AppUnderTest, 'options'>): Promise<RunningApp> {
    const { url, config, close } = await this.#start({ handler: (request) => request.config, ...app })
    let closed: Promise<void> | undefined
    const closeOnce = (): Promise<void> => (closed ??= close())
    this.#ends.push(closeOnce)
    return { url, config, close: closeOnce }
  }

  async startOnVolume(handler?: AppUnderTest['handler'], options: AdapterOptions = {}): Promise<AppOnVolume> {
    const volume = await createConfigMapVolume()
    this.#ends.push(() => volume.remove())
    await volume.update(keysOf('one'))
    const all = { schema: CONTRACT_SCHEMA, sources: volume.path, logger: false, ...options } as const
    const app = await this.start(handler ? { options: all, handler } : { options: all })
    return {
      ...app,
      update: (files) => volume.update(files),
      updateTo: async (text) => {
        await volume.update(keysOf(text))
        await this.until(() => (app.config.current as { text: string }).text === text)
      },
    }
  }

  async until(check: () => unknown): Promise<void> {
    const end = performance.now() + this.#withinMs
    while (!(await check())) {
      if (performance.now() > end) throw new Error(`waited ${this.#withinMs} ms in vain until: ${check.toString()}`)
      await delay(POLL_MS)
    }
  }

  async dispose(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end()
  }
}
