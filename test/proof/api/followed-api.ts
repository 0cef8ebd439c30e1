import { createHotConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import type { Timing } from '@hot-config/kubernetes'
import { expect, vi } from 'vitest'

import type { FaultyApi } from '../../support/faulty-api.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import type { RecordingLogger } from '../../support/recording-logger.ts'
import { readCounts } from './api-objects.ts'
import type { ApiObjects, Counts } from './api-objects.ts'
import { SourceTurns } from './source-turns.ts'

/** The waits of a pod, shorter: about as long as a busy machine takes for what is quick elsewhere. */
const TIMES: Timing = {
  credentialsMs: 2_000,
  requestTimeoutMs: 2_000,
  answerMs: 3_000,
  watchOpenMs: 1_200,
  listMs: 300,
  watchMs: 2_000,
  silenceMs: 1_500,
  probeAfterMs: 300,
  probeMs: 800,
  backoffMs: 20,
  backoffMaxMs: 300,
  healthyMs: 300,
  briefMs: 100,
  retryAfterMaxMs: 600,
  staleMs: 1_500,
  keepAliveMs: 1_000,
}

/**
 * How long after a fault the newest content may take: the longest watch, which may be on a connection that is
 * half-open, then one request that fails and the longest wait before the next. Twice that, for a machine under load.
 */
export const RECOVERY_MS: number = 2 * (2 * TIMES.watchMs + 2 * TIMES.requestTimeoutMs + 1.25 * TIMES.retryAfterMaxMs)

/** Each ConfigMap and Secret has a connection, and while its watch is probed a second one. */
const MAX_CONNECTIONS = 2 * 5

/** Of the proxy and of sockets that are about to close. */
const MAX_TIMERS_LEFT = 10

/** How often it is checked that nothing is stale in silence. */
const CHECK_MS = 20

/** A configuration that follows {@link ApiObjects}, and what must never happen to it. */
export class FollowedApi {
  readonly #config: HotConfig<Counts>
  readonly #objects: ApiObjects
  readonly #logger: RecordingLogger
  readonly #turns: SourceTurns
  readonly #timer: NodeJS.Timeout
  /** What happened first that must not. */
  #failure: string | undefined
  #served: Counts
  #rejected = 0

  private constructor(config: HotConfig<Counts>, objects: ApiObjects, logger: RecordingLogger) {
    this.#config = config
    this.#objects = objects
    this.#logger = logger
    this.#turns = new SourceTurns(config.health().sources.map(({ name }) => name))
    this.#served = config.current
    config.onChange(({ next }) => this.#swapped(next.value))
    this.#timer = setInterval(() => this.#checkSilence(), CHECK_MS)
  }

  static async create(objects: ApiObjects): Promise<FollowedApi> {
    const logger = recordingLogger()
    const sources = objects.sources(TIMES)
    // no recheck corrects what a watch has missed
    const config = await createHotConfig({ sources, schema: readCounts, logger, recheckMs: 3_600_000 })
    return new FollowedApi(config, objects, logger)
  }

  /** Waits until the newest content is served, then until it is watched again, and checks what happened until then. */
  async recovers(): Promise<void> {
    const { expected } = this.#objects
    await within(() => expect(this.#config.current).toEqual(expected))
    // a watch behind a proxy that has held back bodies is trusted once it has brought something
    await this.#objects.updateAll()
    await within(() => {
      expect(this.#config.current).toEqual(this.#objects.expected)
      const { status, lastRejection, sources } = this.#config.health()
      expect({ status, lastRejection, sources }).toMatchObject({
        status: 'pass',
        lastRejection: null,
        sources: sources.map(() => ({ watching: 'watch', updatable: true, warnings: [] })),
      })
      this.#turns.read(this.#logger.lines)
      expect(this.#turns.open).toEqual([])
    })
    expect(this.#failure).toBe(undefined)
    const { rejected } = this.#config.health().reloads
    if (!this.#objects.wereBroken()) expect(rejected, 'rejections although no content was bad').toBe(this.#rejected)
    this.#rejected = rejected
  }

  /** Checks that no connection is left over. */
  async holdsLittle(api: FaultyApi): Promise<void> {
    await within(() => expect(api.proxy.connections).toBeLessThanOrEqual(MAX_CONNECTIONS))
  }

  /** Checks that nothing is left once it is closed. */
  async leavesNothing(api: FaultyApi, timers: () => number): Promise<void> {
    await within(async () => {
      expect(api.proxy.connections).toBe(0)
      expect(await api.server.watches()).toBe(0)
      expect(timers()).toBeLessThanOrEqual(MAX_TIMERS_LEFT)
    })
  }

  log(): string {
    return this.#logger.lines.map(({ level, message }) => `${level} ${message}`).join('\n')
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#config.close()
  }

  #swapped(next: Counts): void {
    const before = this.#served
    this.#served = next
    for (const name of ['stable', 'secret', 'first', 'canary', 'optional'] as const) {
      // the volume of a fallback may be older than what the API brought
      if (name === 'first' && next.from === 'volume') continue
      const [was = 0, is = Infinity] = [before[name], next[name]]
      if (is < was && !(name === 'first' && before.from === 'volume')) this.#fail(`${name}: ${is} after ${was}`)
    }
  }

  /** What is older than the newest content for too long must be reported. */
  #checkSilence(): void {
    const { expected, unchangedMs } = this.#objects
    if (!expected || unchangedMs < RECOVERY_MS || this.#config.health().status !== 'pass') return
    const { from, ...served } = this.#config.current
    const { first, ...rest } = served
    const same = Object.entries(expected).every(([name, count]) => {
      if (name === 'from') return true
      return name === 'first' ? from === 'volume' || first === count : rest[name as keyof typeof rest] === count
    })
    if (!same) this.#fail(`stale in silence: ${JSON.stringify(served)}, newest ${JSON.stringify(expected)}`)
  }

  #fail(message: string): void {
    this.#failure ??= message
  }
}

function within(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: RECOVERY_MS, interval: 10 })
}
