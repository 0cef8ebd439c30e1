import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { createHotConfig } from '@hot-config/core'

import { inotifyWatches } from '../../support/inotify.ts'
import { count } from './measure.ts'
import type { Row } from './measure.ts'
import { Volume } from './volume.ts'

const RELOADS = 10_000
/** From here on nothing may grow. */
const SETTLED = 1_000
const MIB = 1024 * 1024

/** What ten thousand updates of a real volume, each of them taken, leave behind. */
export default async function reloads(): Promise<Row[]> {
  if (!globalThis.gc) throw new Error('needs --expose-gc')
  const volume = new Volume()
  const update = (value: number): void => {
    const name = `the value number ${value}`
    volume.update({ 'app.json': JSON.stringify({ count: value, name, list: [value, name], same: { a: 1, b: [2] } }) })
  }
  update(0)
  const config = await createHotConfig({ sources: volume.path, logger: false })
  config.onChange(() => undefined)
  let settled = await look()
  for (let value = 1; value <= RELOADS; value++) {
    update(value)
    await config.reload()
    if (config.current['count'] !== value) throw new Error('an update was not taken')
    if (value === SETTLED) settled = await look()
  }
  const last = await look()
  await config.close()
  volume.remove()

  const against = `from reload ${SETTLED} to ${RELOADS}`
  const same = { atMost: 0, atLeast: 0 }
  return [
    count('heap in use after gc(): growth', (last.heapUsed - settled.heapUsed) / MIB, 'MiB', { atMost: 1 }, against),
    count('active resources: growth', last.resources - settled.resources, '', same, against),
    count('open files: growth', last.files - settled.files, '', same, against),
    count('inotify watches: growth', last.watches - settled.watches, '', same, against),
  ]
}

interface Holdings {
  readonly heapUsed: number
  readonly resources: number
  readonly files: number
  readonly watches: number
}

/** What the process holds once everything that is on its way has arrived. */
async function look(): Promise<Holdings> {
  // the watch still has to tell of the last update, and what it closed is gone a turn later
  await delay(100)
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  const resources = process.getActiveResourcesInfo().length
  const files = readdirSync('/proc/self/fd').length
  return { heapUsed: process.memoryUsage().heapUsed, resources, files, watches: inotifyWatches() }
}
