import { setTimeout as delay } from 'node:timers/promises'

import { nameOf } from './heavy-document.ts'
import type { FormatName } from './heavy-document.ts'
import { SteadyLoad } from './heavy-load.ts'
import type { HeavyServer } from './heavy-server.ts'
import { compare, quantile } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'

/** Of every group the answers are taken together: one update is too short for a 99th percentile. */
const GROUPS = rounds(5, 3)
const UPDATES_OF_GROUP = rounds(5, 2)
const QUIET_MS = 250

/** The 99th percentile of the answers in updates, against that while no more is done than must be. */
export async function measureAnswers(server: HeavyServer, format: FormatName): Promise<Row> {
  using load = new SteadyLoad(server.port)
  const during = async (run: () => Promise<unknown>): Promise<{ answers: readonly number[]; tookMs: number }> => {
    await delay(QUIET_MS)
    const started = performance.now()
    await run()
    const ended = performance.now()
    return { answers: await load.between(started, ended), tookMs: ended - started }
  }
  const samples: number[] = []
  const floors: number[] = []
  for (let group = 0; group < GROUPS; group++) {
    const [inUpdates, inFloors]: [number[], number[]] = [[], []]
    for (let update = 0; update < UPDATES_OF_GROUP; update++) {
      const count = await server.prepare()
      const { answers, tookMs } = await during(() => {
        server.swap()
        return server.whenSeen(count)
      })
      inUpdates.push(...answers)
      const floor = await during(() => (format === 'json' ? server.ask('bare') : server.spin(tookMs)))
      inFloors.push(...floor.answers)
    }
    samples.push(quantile(inUpdates, 0.99))
    floors.push(quantile(inFloors, 0.99))
  }
  const floor =
    format === 'json' ? 'it calls JSON.parse of the text' : 'a worker of the same niceness spins for as long'
  return compare(`HTTP p99 in updates to ${nameOf(format)}`, samples, `HTTP p99 while ${floor}`, floors, 'ms', {
    atMost: 1.5,
  })
}
