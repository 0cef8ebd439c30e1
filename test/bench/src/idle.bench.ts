import { setTimeout as delay } from 'node:timers/promises'

import type { Kind } from './idle-app.ts'
import { compare } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'
import { Child } from './server-child.ts'
import { Volume } from './volume.ts'

export const background = true

const SECONDS = rounds(600, 150)
/** What starting left to do, such as compiling what was hot, is over by then. */
const SETTLE_MS = 5_000
const PROCESSES = 3
const KINDS: readonly Kind[] = ['bare', 'timer', 'hot-config', 'polling']

interface Taken {
  readonly idle: number[]
  readonly whole: number[]
}

export default async function idle(): Promise<Row[]> {
  const volume = new Volume()
  volume.update({ 'app.json': JSON.stringify({ log: { level: 'info' } }) })
  const taken: Record<Kind, Taken> = {
    bare: { idle: [], whole: [] },
    timer: { idle: [], whole: [] },
    'hot-config': { idle: [], whole: [] },
    polling: { idle: [], whole: [] },
  }
  try {
    const processes = Array.from({ length: PROCESSES }, () => KINDS).flat()
    await Promise.all(processes.map((kind) => measure(kind, volume.path, taken[kind])))
  } finally {
    volume.remove()
  }
  const bare = 'the same server alone'
  const bareTimer = 'the same server and a timer every 5 s that does nothing'
  const idled = `CPU of ${SECONDS} s idle, once started`
  const { 'hot-config': ours, timer, polling, bare: floor } = taken
  return [
    compare(`${idled}: Fastify and hot-config`, ours.idle, bareTimer, timer.idle, 'ms', { atMost: 2 }),
    compare(`${idled}: Fastify and hot-config`, ours.idle, bare, floor.idle, 'ms'),
    compare(`start and ${SECONDS} s idle: Fastify and hot-config`, ours.whole, bare, floor.whole, 'ms'),
    compare(`${idled}: Fastify and a timer every 5 s that does nothing`, timer.idle, bare, floor.idle, 'ms'),
    compare(`${idled}: Fastify and fs.watchFile every 100 ms`, polling.idle, bare, floor.idle, 'ms'),
  ]
}

async function measure(kind: Kind, volume: string, taken: Taken): Promise<void> {
  await using child = await Child.start<string, NodeJS.CpuUsage>('idle-app', [kind, volume])
  await delay(SETTLE_MS)
  const before = milliseconds(await child.ask('cpu'))
  await delay(SECONDS * 1_000)
  const after = milliseconds(await child.ask('cpu'))
  taken.idle.push(after - before)
  taken.whole.push(after)
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000
}
