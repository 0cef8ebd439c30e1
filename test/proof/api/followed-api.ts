import { createHotConfig } from '@hot-config/core'
import type { Timing } from '@hot-config/kubernetes'
import { expect, vi } from 'vitest'

import type { FaultyApi } from '../../support/faulty-api.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
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
const RECOVERY_MS: number = 2 * (2 * TIMES.watchMs + 2 * TIMES.requestTimeoutMs + 1.25 * TIMES.retryAfterMaxMs)

/** Each ConfigMap and Secret has a connection, and while its watch is probed a second one. */
const MAX_CONNECTIONS = 2 * 5

/** A real server watches a ConfigMap of its own. */
const MAX_WATCHES_LEFT = 1

/** Of the proxy and of sockets that are about to close. */
const MAX_TIMERS_LEFT = 10

/** How often it is checked that nothing is stale in silence. */
const CHECK_MS = 20

/** A configuration that follows {@link ApiObjects}, and what must never happen to it. */
export interface FollowedObjects {
  /** Waits until the newest content is served, then until it is watched again. Checks what happened until then. */
  recovers(): Promise<void>
  /** Checks that no connection is left over. */
  holdsLittle(api: FaultyApi): Promise<void>
  /** Checks that nothing is left once it is closed. */
  leavesNothing(api: FaultyApi, timers: () => number): Promise<void>
  /** What was logged until now. */
  log(): string
  close(): Promise<void>
}

export async function followObjects(objects: ApiObjects): Promise<FollowedObjects> {
  const logger = recordingLogger()
  // no recheck corrects what a watch has missed
  const options = { sources: objects.sources(TIMES), schema: readCounts, logger, recheckMs: 3_600_000 }
  const config = await createHotConfig(options)
  const turns = new SourceTurns(config.health().sources.map(({ name }) => name))
  /** What happened first that must not. */
  let failure: string | undefined
  let served = config.current
  let rejectedBefore = 0

  config.onChange(({ next }) => {
    failure ??= goesBack(served, next.value)
    served = next.value
  })
  const timer = setInterval(() => {
    const { expected, unchangedMs } = objects
    if (!expected || unchangedMs < RECOVERY_MS || config.health().status !== 'pass') return
    failure ??= isOld(config.current, expected)
  }, CHECK_MS)

  const servesNewest = (): Promise<void> => within(() => expect(config.current).toEqual(objects.expected))
  return {
    async recovers() {
      await servesNewest()
      await within(async () => {
        // a watch that has missed something is trusted once it has brought something
        await objects.updateAll()
        await servesNewest()
        const { status, lastRejection, sources } = config.health()
        expect({ status, lastRejection, sources }).toMatchObject({
          status: 'pass',
          lastRejection: null,
          sources: sources.map(() => ({ watching: 'watch', updatable: true, warnings: [] })),
        })
        turns.read(logger.lines)
        expect(turns.open).toEqual([])
      })
      expect(failure).toBe(undefined)
      const { rejected } = config.health().reloads
      if (!objects.wereBroken()) expect(rejected, 'rejections although no content was bad').toBe(rejectedBefore)
      rejectedBefore = rejected
    },
    holdsLittle: (api) => within(() => expect(api.proxy.connections).toBeLessThanOrEqual(MAX_CONNECTIONS)),
    leavesNothing: (api, timers) =>
      within(async () => {
        expect(api.proxy.connections).toBe(0)
        expect(await api.server.watches()).toBeLessThanOrEqual(MAX_WATCHES_LEFT)
        expect(timers()).toBeLessThanOrEqual(MAX_TIMERS_LEFT)
      }),
    log: () => logger.lines.map(({ level, message }) => `${level} ${message}`).join('\n'),
    async close() {
      clearInterval(timer)
      await config.close()
    },
  }
}

const COUNTED = ['stable', 'secret', 'first', 'canary', 'optional'] as const

/** Older content must never follow newer. @returns what went back */
function goesBack(before: Counts, next: Counts): string | undefined {
  for (const name of COUNTED) {
    // the volume of a fallback may be older than what the API brought
    if (name === 'first' && (next.from === 'volume' || before.from === 'volume')) continue
    const [was = 0, is = Infinity] = [before[name], next[name]]
    if (is < was) return `${name}: ${is} after ${was}`
  }
  return undefined
}

/** What is old for too long must be reported. @returns what is old */
function isOld(current: Counts, expected: Counts): string | undefined {
  const old = COUNTED.filter((name) => {
    return current[name] !== expected[name] && !(name === 'first' && current.from === 'volume')
  })
  if (old.length === 0) return undefined
  return `old although health says pass: ${JSON.stringify(current)}, newest ${JSON.stringify(expected)}`
}

async function within(check: () => unknown): Promise<void> {
  await vi.waitFor(check, { timeout: RECOVERY_MS, interval: 20 })
}
