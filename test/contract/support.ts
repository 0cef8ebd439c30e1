import { Agent } from 'node:http'
import { setImmediate } from 'node:timers/promises'

import { expect } from 'vitest'

import { eventually, WITHIN_MS } from '../support/eventually.ts'
import { gate } from '../support/gate.ts'
import { inotifyWatches } from '../support/inotify.ts'
import type { Handler, RequestUnderTest } from './harness.ts'
import { ask } from './http.ts'
import type { Answer } from './http.ts'

/** A handler that waits, once entered, until the test lets all go on. */
export function gated(handle: (request: RequestUnderTest, wait: () => Promise<void>) => Promise<unknown>): {
  readonly handler: Handler
  /** Waits until so many requests wait. */
  entered(count: number): Promise<void>
  release(): void
} {
  const exit = gate()
  let waiting = 0
  const wait = (): Promise<void> => {
    waiting++
    return exit.passed
  }
  return {
    handler: (request) => handle(request, wait),
    entered: (count) => eventually(() => expect(waiting).toBe(count)),
    release: exit.open,
  }
}

/** Asks again and again over so many connections. */
export function startLoad(url: string, connections: number): { more(): Promise<void>; end(): Promise<Answer[]> } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const answers: Answer[] = []
  let ended = false
  const clients = Array.from({ length: connections }, async () => {
    while (!ended) answers.push(await ask(url, { agent }))
  })
  const all = Promise.all(clients)
  all.catch(() => undefined)
  return {
    /** Waits for a hundred more answers. */
    async more() {
      const enough = answers.length + 100
      await Promise.race([all, eventually(() => expect(answers.length).toBeGreaterThan(enough))])
    },
    async end() {
      ended = true
      await all
      agent.destroy()
      return answers
    },
  }
}

/** Options that no adapter takes. */
export const SENSELESS: readonly object[] = [
  { health: { path: 'health' } },
  { health: { paths: '/health' } },
  { health: { details: 'no' } },
  { health: true },
  { requestContext: 'yes' },
  { helth: false },
]

/** What keeps this process alive now, and the watches, which don't but are open as well. */
export function openNow(): string[] {
  return [...process.getActiveResourcesInfo(), ...Array.from({ length: inotifyWatches() }, () => 'inotify watch')]
}

/** Waits until only that is open, and no more, and says what else is when that doesn't come. */
export async function nothingBut(before: readonly string[]): Promise<void> {
  const deadline = Date.now() + WITHIN_MS
  for (;;) {
    const left = [...before]
    const more = openNow().filter((resource) => {
      const known = left.indexOf(resource)
      if (known >= 0) left.splice(known, 1)
      return known < 0
    })
    if (more.length === 0) return
    if (Date.now() > deadline) expect(more).toEqual([])
    await setImmediate()
  }
}
