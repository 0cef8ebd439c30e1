import { setTimeout as delay } from 'node:timers/promises'

import { API_FAULTS, SERVER_FAULTS } from '../../support/api-faults.ts'
import type { ApiServer } from '../../support/api-server.ts'
import { FaultyApi } from '../../support/faulty-api.ts'
import { LiveTimers } from '../../support/live-timers.ts'
import { NodeWarnings } from '../../support/node-warnings.ts'
import { randomNumbers } from '../../support/random-numbers.ts'
import type { Search } from '../proof.ts'
import { ApiObjects } from './api-objects.ts'
import { followObjects } from './followed-api.ts'
import { CHANGES, TROUBLES } from './object-changes.ts'

/** How many rounds one configuration lives through. */
const ROUNDS = 10

/** One of so many rounds has a fault of the server itself, since a real one takes seconds to start. */
const ROUNDS_FOR_SERVER_FAULT = 8

/** Shorter and longer than it takes until updates count as not arriving. */
const PAUSES_MS = [0, 0, 20, 100, 400, 2_000]

/** Something that begins and ends within a round. */
interface RoundFault {
  readonly name: string
  readonly part: string
  /** The object that it is about, if it is about one. */
  readonly object?: string
  begin(): unknown
  end(): unknown
}

/**
 * Has faults of connections, server and objects begin and end in random order, up to three at a time, and checks what a
 * configuration that follows the objects serves, reports, logs and leaves.
 */
export async function searchFaults(startServer: () => Promise<ApiServer>, search: Search): Promise<void> {
  const random = randomNumbers(search.seed)
  const pick = <R>(all: readonly R[]): R => all[random(all.length)] as R
  await using api = await FaultyApi.start(startServer)
  using timers = new LiveTimers()
  using warnings = new NodeWarnings()

  const chooseFaults = (objects: ApiObjects): RoundFault[] => {
    const chosen = new Map<string, RoundFault>()
    const isWithServer = random(ROUNDS_FOR_SERVER_FAULT) === 0
    for (let count = 1 + random(3); count > 0; count--) {
      if (isWithServer && !chosen.has('server')) {
        const fault = pick(SERVER_FAULTS)
        chosen.set(fault.part, { ...fault, begin: () => fault.begin(api), end: () => fault.end?.(api) })
      } else if (random(4) === 0) {
        const trouble = pick(TROUBLES)
        const fault = { ...trouble, begin: () => trouble.begin(objects), end: () => trouble.end(objects) }
        chosen.set('objects', { ...fault, part: 'objects' })
      } else {
        const fault = pick(API_FAULTS)
        chosen.set(fault.part, { ...fault, begin: () => fault.begin(api), end: () => fault.end?.(api) })
      }
    }
    const all = Array.from(chosen.values())
    // neither objects nor rules can be changed while the server is down
    return chosen.has('server') ? all.filter(({ part }) => part !== 'objects' && part !== 'rules') : all
  }

  /** @returns what happened */
  const runRound = async (objects: ApiObjects, faults: RoundFault[], steps: string[]): Promise<void> => {
    const waiting = [...faults]
    const running: RoundFault[] = []
    let changes = 1 + random(4)
    while (waiting.length + running.length + changes > 0) {
      const turn = random(3)
      if (turn === 0 && waiting.length > 0) {
        const [fault] = waiting.splice(random(waiting.length), 1) as [RoundFault]
        steps.push(`begin: ${fault.name}`)
        await fault.begin()
        running.push(fault)
      } else if (turn === 1 && running.length > 0) {
        const [fault] = running.splice(random(running.length), 1) as [RoundFault]
        steps.push(`end: ${fault.name}`)
        await fault.end()
      } else if (turn === 2 && changes > 0) {
        changes--
        const change = pick(CHANGES)
        if (running.some(({ part, object }) => part === 'server' || object === change.object)) continue
        steps.push(change.name)
        await change.make(objects)
      } else {
        continue
      }
      await delay(pick(PAUSES_MS))
    }
  }

  for (let tried = 0; tried < search.size;) {
    await using objects = await ApiObjects.create(api)
    const timersBefore = timers.count
    const followed = await followObjects(objects)
    const steps: string[] = []
    try {
      await followed.recovers()
      for (let round = 0; round < ROUNDS && tried < search.size; round++) {
        steps.push(`round ${round + 1}`)
        const faults = chooseFaults(objects)
        tried += faults.length
        await runRound(objects, faults, steps)
        await followed.recovers()
        await followed.holdsLittle(api)
        warnings.mustBeNone()
        search.count(faults.length)
      }
      await followed.close()
      await followed.leavesNothing(api, () => timers.count - timersBefore)
    } catch (error) {
      throw new Error(`${String(error)}\nafter\n${steps.join('\n')}\nlogged\n${followed.log()}`, { cause: error })
    } finally {
      await followed.close()
    }
  }
}
