import { setTimeout as delay } from 'node:timers/promises'

import type { Block } from '../../support/longest-block.ts'
import type { Answer, Question } from './heavy-app.ts'
import { documentsOf } from './heavy-document.ts'
import type { FormatName } from './heavy-document.ts'
import { SteadyLoad } from './heavy-load.ts'
import { compare, count, quantile } from './measure.ts'
import type { Row } from './measure.ts'
import { Child } from './server-child.ts'
import { Volume } from './volume.ts'

const STALLS = 12
/** Of every group the answers are taken together: one update is too short for a 99th percentile. */
const GROUPS = 5
const UPDATES_OF_GROUP = 5
const QUIET_MS = 250
/** What writing an update holds up, in the process that sends the load, is over after this. */
const SETTLE_MS = 100
/** What an update leaves to do after its values can be read is done by then. */
const REST_MS = 50

type App = Child<number, Answer>

interface Ask {
  (question: 'stop'): Promise<Block>
  (question: Exclude<Question, 'stop'>): Promise<number>
}

export default async function heavy(): Promise<Row[]> {
  const rows: Row[] = []
  for (const format of ['yaml', 'toml', 'json'] as const) rows.push(...(await measure(format)))
  return rows
}

async function measure(format: FormatName): Promise<Row[]> {
  const volume = new Volume()
  const documentOf = documentsOf(format)
  let made = 0
  const prepare = async (): Promise<number> => {
    volume.prepare({ [`app.${format}`]: documentOf(++made) })
    await delay(SETTLE_MS)
    return made
  }
  await prepare()
  volume.swap()
  try {
    await using app: App = await Child.start<number, Answer>('heavy-app', [format, volume.path])
    using load = new SteadyLoad(app.hello)
    const ask = ((question: Question) => app.ask(question)) as Ask
    const name = `1 MiB of ${format.toUpperCase()}`
    return [
      ...(await measureStalls(name, ask, prepare, volume)),
      await measureAnswers(name, ask, prepare, volume, load),
    ]
  } finally {
    volume.remove()
  }
}

/** How long the event loop of a server under load was blocked, at most, by each update. */
async function measureStalls(name: string, ask: Ask, prepare: () => Promise<number>, volume: Volume): Promise<Row[]> {
  const stalls: number[] = []
  const own: number[] = []
  const bare: number[] = []
  const quiet: number[] = []
  for (let round = 0; round < STALLS; round++) {
    bare.push(await ask('bare'))
    const made = await prepare()
    await ask('start')
    await delay(QUIET_MS)
    quiet.push((await ask('stop')).ms)
    await ask('start')
    volume.swap()
    await ask(made)
    await delay(REST_MS)
    const { ms, ownMs } = await ask('stop')
    stalls.push(ms)
    own.push(ownMs)
  }
  return [
    compare(`longest stall in an update to ${name}`, stalls, 'parsing it there', bare, 'ms', { atMost: 0.1 }),
    compare(`the same, without its waits for a processor, for ${name}`, own, 'parsing it there', bare, 'ms'),
    count(
      `longest stall of all updates to ${name}`,
      Math.max(...stalls),
      'ms',
      { atMost: 5 },
      `${Math.max(...quiet).toFixed(1)} ms without updates`,
    ),
  ]
}

async function measureAnswers(
  name: string,
  ask: Ask,
  prepare: () => Promise<number>,
  volume: Volume,
  load: SteadyLoad,
): Promise<Row> {
  const during: number[] = []
  const before: number[] = []
  for (let group = 0; group < GROUPS; group++) {
    const slow: number[] = []
    const quiet: number[] = []
    for (let update = 0; update < UPDATES_OF_GROUP; update++) {
      const made = await prepare()
      const started = performance.now()
      await delay(QUIET_MS)
      const swapped = volume.swap()
      await ask(made)
      const ended = performance.now()
      quiet.push(...(await load.between(started, swapped)))
      slow.push(...(await load.between(swapped, ended)))
    }
    during.push(quantile(slow, 0.99))
    before.push(quantile(quiet, 0.99))
  }
  return compare(`HTTP p99 in updates to ${name}`, during, 'HTTP p99 just before', before, 'ms', { atMost: 2 })
}
