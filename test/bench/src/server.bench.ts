import { compare, median } from './measure.ts'
import type { Goal, Row } from './measure.ts'
import { Child } from './server-child.ts'
import { rounds } from './rounds.ts'
import { load } from './server-load.ts'
import { BODY, SETTINGS } from './server-settings.ts'
import { Volume } from './volume.ts'

/** New processes every time: where code and data come to lie differs between them, and with it what they take. */
const GENERATIONS = rounds(12, 2)
/** Blocks of every server, in turns: short ones, so that those to compare lie close together. */
const ROUNDS = rounds(6, 4)
const REQUESTS = 2_000
const WARM_UP = rounds(10_000, 5_000)

interface Comparison {
  readonly way: string
  readonly what: string
  readonly against: string
  readonly goal?: Goal
}

/** Another process of the first kind: what it seems to cost is what the method can't tell from nothing. */
const AGAIN = 'bare again'

const CONTEXT_GOAL: Goal = { atMost: 1.05 }
const GUARD_GOAL: Goal = { atMost: 1.03 }

const FRAMEWORKS: Readonly<Record<string, readonly Comparison[]>> = {
  fastify: [
    { way: AGAIN, what: 'Fastify: the same once more', against: 'bare' },
    { way: 'request', what: 'Fastify: request.config.a.b.c', against: 'bare', goal: { atMost: 1.01 } },
    {
      way: 'baking',
      what: 'Fastify: request.config.a.b.c while a guard watches',
      against: 'idleHook',
      goal: GUARD_GOAL,
    },
    { way: 'idleHook', what: 'Fastify: request.config.a.b.c, and a hook that does nothing', against: 'request' },
    { way: 'context', what: 'Fastify: requestConfig().a.b.c', against: 'bareContext', goal: CONTEXT_GOAL },
    { way: 'bareContext', what: 'Fastify: a constant out of an AsyncLocalStorage', against: 'bare' },
  ],
  express: [
    { way: AGAIN, what: 'Express: the same once more', against: 'bare' },
    { way: 'request', what: 'Express: req.config.a.b.c', against: 'bareMiddleware', goal: { atMost: 1.06 } },
    { way: 'baking', what: 'Express: req.config.a.b.c while a guard watches', against: 'request', goal: GUARD_GOAL },
    { way: 'context', what: 'Express: requestConfig().a.b.c', against: 'bareContext', goal: CONTEXT_GOAL },
    { way: 'bareContext', what: 'Express: a constant out of an AsyncLocalStorage', against: 'bare' },
    { way: 'bareMiddleware', what: 'Express: a constant, and a middleware that does nothing', against: 'bare' },
  ],
  nest: [
    { way: AGAIN, what: 'Nest: the same once more', against: 'bare' },
    { way: 'service', what: 'Nest: HotConfigService.current.a.b.c', against: 'bare', goal: { atMost: 1.02 } },
    { way: 'request', what: 'Nest: request.config.a.b.c', against: 'bareRequest', goal: { atMost: 1.02 } },
    { way: 'decorator', what: "Nest: @LiveConfig('a.b.c')", against: 'bareParameter', goal: { atMost: 1.02 } },
    { way: 'baking', what: 'Nest: request.config.a.b.c while a guard watches', against: 'request', goal: GUARD_GOAL },
    { way: 'context', what: 'Nest: requestConfig().a.b.c', against: 'bareContext', goal: CONTEXT_GOAL },
    { way: 'bareContext', what: 'Nest: a constant out of an AsyncLocalStorage', against: 'bare' },
    { way: 'bareParameter', what: 'Nest: a constant by a decorator with a pipe', against: 'bare' },
    { way: 'nestConfig', what: "Nest: @nestjs/config's get('a.b.c')", against: 'bare' },
    { way: 'scoped', what: 'Nest: a provider with request scope', against: 'bare' },
  ],
}

const NAMES: Readonly<Record<string, string>> = {
  bare: 'the same app with a constant',
  bareMiddleware: 'the same app with a constant and a middleware that does nothing',
  bareContext: 'the same app with a constant out of a bare AsyncLocalStorage',
  bareRequest: 'the same app with a constant and @Req()',
  bareParameter: 'the same app with a constant by a decorator with a pipe',
  request: 'the same app without a guard',
  idleHook: 'the same app without a guard, with a hook that does nothing',
}

const kindOf = (way: string): string => (way === AGAIN ? 'bare' : way)

type Server = Child<number, NodeJS.CpuUsage>

export default async function server(): Promise<Row[]> {
  const volume = new Volume()
  volume.update({ 'app.json': JSON.stringify(SETTINGS) })
  try {
    const rows: Row[] = []
    for (const [framework, comparisons] of Object.entries(FRAMEWORKS)) {
      const ways = new Set(comparisons.flatMap(({ way, against }) => [against, way]))
      const samples = await measure(framework, [...ways], volume.path)
      for (const { way, what, against, goal } of comparisons) {
        const [mine, floor] = [samples.get(way) ?? [], samples.get(against) ?? []]
        rows.push(compare(what, mine, NAMES[against] ?? '', floor, 'µs of CPU a request', goal))
      }
    }
    return rows
  } finally {
    volume.remove()
  }
}

/** CPU time a request takes, in microseconds, by way. */
async function measure(framework: string, ways: readonly string[], volume: string): Promise<Map<string, number[]>> {
  const rounds: Map<string, number>[] = []
  for (let generation = 0; generation < GENERATIONS; generation++) {
    const servers: [string, Server][] = []
    try {
      for (const way of ways) {
        const child = await Child.start<number, NodeJS.CpuUsage>('server-app', [framework, kindOf(way), volume])
        servers.push([way, child])
        await load(child.hello, WARM_UP, BODY)
      }
      for (let round = 0; round < ROUNDS; round++) {
        const taken = new Map<string, number>()
        for (const [way, child] of servers) taken.set(way, await measureBlock(child))
        rounds.push(taken)
        // there and back again, so that whatever drifts meets all alike
        servers.reverse()
      }
    } finally {
      for (const [, child] of servers) await child[Symbol.asyncDispose]()
    }
  }
  return withoutDrift(ways, rounds)
}

/**
 * Scales every round to what a round takes by the median: when the machine is slow for a while, all servers are, by a
 * factor that is much larger than what they differ by.
 */
function withoutDrift(ways: readonly string[], rounds: readonly ReadonlyMap<string, number>[]): Map<string, number[]> {
  const totals = rounds.map((taken) => [...taken.values()].reduce((sum, each) => sum + each, 0))
  const usual = median(totals)
  const scaled = (way: string): number[] =>
    rounds.map((taken, index) => (taken.get(way) ?? Number.NaN) * (usual / (totals[index] ?? Number.NaN)))
  return new Map(ways.map((way) => [way, scaled(way)]))
}

async function measureBlock(child: Server): Promise<number> {
  const before = await child.ask('cpu')
  await load(child.hello, REQUESTS, BODY)
  const after = await child.ask('cpu')
  return (after.user + after.system - before.user - before.system) / REQUESTS
}
