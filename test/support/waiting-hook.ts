import type { BeforeChangeHook, ReloadResult } from '@hot-config/core'
import { expect } from 'vitest'

import { drivenSource } from './driven-source.ts'
import { eventually } from './eventually.ts'
import { drive } from './follow.ts'
import type { Driven } from './follow.ts'
import { gate } from './gate.ts'
import type { Gate } from './gate.ts'
import { positive } from './schemas.ts'
import type { Numbered } from './schemas.ts'

export interface WaitingHook {
  readonly hook: BeforeChangeHook<Numbered>
  /** For each call: what lets it end, its signal, and the `n` that it saw. */
  readonly gates: readonly Gate[]
  readonly signals: readonly AbortSignal[]
  readonly seen: readonly number[]
  /** Waits until the hook was called so many times. */
  started(times: number): Promise<void>
}

/** A hook that waits until the test lets it end. */
export function waitingHook(): WaitingHook {
  const gates: Gate[] = []
  const signals: AbortSignal[] = []
  const seen: number[] = []
  return {
    hook: async ({ next, signal }) => {
      seen.push(next.value.n)
      signals.push(signal)
      const exit = gate()
      gates.push(exit)
      await exit.passed
    },
    gates,
    signals,
    seen,
    started: (times) => eventually(() => expect(seen).toHaveLength(times)),
  }
}

export interface Preparing extends Driven<Numbered>, WaitingHook {
  /** The reload of the update that the hook waits with. */
  readonly first: Promise<ReloadResult>
}

/** A configuration that serves `n: 1` while its hook waits with the update to `n: 2`. */
export async function preparing(): Promise<Preparing> {
  const running = await drive(drivenSource({ n: 1 }), { schema: positive })
  const waiting = waitingHook()
  running.config.beforeChange(waiting.hook)
  const first = running.update({ n: 2 })
  await waiting.started(1)
  return { ...running, ...waiting, first }
}
