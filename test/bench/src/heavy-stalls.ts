import { setTimeout as delay } from 'node:timers/promises'

import type { Block } from '../../support/longest-block.ts'
import { nameOf } from './heavy-document.ts'
import type { FormatName, SchemaName } from './heavy-document.ts'
import { SteadyLoad } from './heavy-load.ts'
import { HeavyServer } from './heavy-server.ts'
import { compare } from './measure.ts'
import type { Goal, Row } from './measure.ts'
import { rounds } from './rounds.ts'

const ROUNDS = rounds(12, 4)
/** What an update leaves to do after its values can be read is done by then. */
const REST_MS = 50

const BARE = 'parsing it there'
/** Of the time that parsing takes there, where a worker parses. */
const PART_OF_PARSE = 0.1

/** JSON is parsed on the main thread. */
const goals: Readonly<Record<FormatName, Goal>> = {
  yaml: { atMost: PART_OF_PARSE },
  toml: { atMost: PART_OF_PARSE },
  json: { atMost: 1.2 },
}

/** How long the event loop of a server under load was blocked, at most, by each update. */
export async function measureStalls(server: HeavyServer, format: FormatName): Promise<Row[]> {
  using _load = new SteadyLoad(server.port)
  const stalls: Block[] = []
  const bare: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await server.ask('bare'))
    stalls.push(await measureStall(server))
  }
  const name = nameOf(format)
  const all = stalls.map(({ ms }) => ms)
  const own = stalls.map(({ ownMs }) => ownMs)
  return [
    compare(`longest stall in an update to ${name}`, all, BARE, bare, 'ms', goals[format]),
    compare(`the same, without its waits for a processor, for ${name}`, own, BARE, bare, 'ms'),
  ]
}

/** The same with a schema, whose one call nothing divides. */
export async function measureStallsWithSchema(format: FormatName, schema: Exclude<SchemaName, 'none'>): Promise<Row> {
  await using server = await HeavyServer.start(format, schema)
  using _load = new SteadyLoad(server.port)
  const stalls: number[] = []
  const floors: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [parse, call] = [await server.ask('bare'), await server.ask('schema')]
    floors.push(call + PART_OF_PARSE * parse)
    const { ms } = await measureStall(server)
    stalls.push(ms)
  }
  const what = `longest stall in an update to ${nameOf(format)} with ${schema === 'zod' ? '' : 'a '}${schema} as schema`
  return compare(what, stalls, `its one call, and ${PART_OF_PARSE} of ${BARE}`, floors, 'ms', { atMost: 1 })
}

async function measureStall(server: HeavyServer): Promise<Block> {
  const count = await server.prepare()
  await server.ask('start')
  server.swap()
  await server.whenSeen(count)
  await delay(REST_MS)
  return await server.ask('stop')
}
