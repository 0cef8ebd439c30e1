import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { SourceHealth } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'
import type { ConnectionOptions, ObjectOptions, Timing } from '@hot-config/kubernetes'
import { afterAll, beforeAll, expect } from 'vitest'

import { CONFIG_MAPS, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import type { Followed } from '../support/follow.ts'

/** Waits that are short, since nobody has to be spared. */
export const FAST: Partial<Timing> = {
  requestTimeoutMs: 2_000,
  backoffMs: 20,
  backoffMaxMs: 250,
  briefMs: 200,
  staleMs: 300,
}

/** An API server for the tests of one `describe`, with a folder for their files. */
export interface UsedServer<S extends ApiServer = ApiServer> {
  readonly server: S
  readonly folder: string
  /** Holds the reader's token. */
  readonly tokenFile: string
  /** How a source reaches the server without detours. */
  connection(): ConnectionOptions
}

/** Starts an API server before the tests of this `describe` and ends it after them. */
export function useServer<S extends ApiServer>(start: () => Promise<S>): UsedServer<S> {
  let used: Omit<UsedServer<S>, 'connection'> | undefined
  const get = (): Omit<UsedServer<S>, 'connection'> => used ?? expect.fail('the server is not started yet')
  beforeAll(async () => {
    const server = await start()
    const folder = await mkdtemp(join(tmpdir(), 'kubernetes-'))
    used = { server, folder, tokenFile: await tokenFileIn(folder, server.readerToken) }
  })
  afterAll(async () => {
    await used?.server[Symbol.asyncDispose]()
    if (used) await rm(used.folder, { recursive: true })
  })
  return {
    get server() {
      return get().server
    },
    get folder() {
      return get().folder
    },
    get tokenFile() {
      return get().tokenFile
    },
    connection() {
      const { server, tokenFile } = get()
      return { server: server.url, caFile: server.caFile, tokenFile, timing: FAST }
    },
  }
}

let named = 0

/** A name that no other test uses. */
export function freshName(): string {
  return `app-${process.pid}-${++named}`
}

/** Writes a token where a source is to find it. */
export async function tokenFileIn(folder: string, token: string): Promise<string> {
  const path = join(folder, `token-${++named}`)
  await writeFile(path, token)
  return path
}

/** A ConfigMap for one test, whose `count` goes up with every update. */
export class TestConfigMap {
  readonly name: string = freshName()
  count = 0
  readonly #server: ApiServer

  constructor(server: ApiServer) {
    this.#server = server
  }

  get path(): string {
    return `${CONFIG_MAPS}/${this.name}`
  }

  async create(extra: object = {}): Promise<void> {
    await must(this.#server, 'POST', CONFIG_MAPS, { metadata: { name: this.name }, ...extra, data: this.#data() })
  }

  async update(extra: object = {}): Promise<number> {
    await must(this.#server, 'PATCH', this.path, { ...extra, data: this.#data() })
    return this.count
  }

  async remove(): Promise<void> {
    await must(this.#server, 'DELETE', this.path)
  }

  #data(): Record<string, string> {
    return { 'app.json': JSON.stringify({ count: ++this.count }) }
  }
}

interface Value {
  readonly count: number
}

/** A configuration that follows one {@link TestConfigMap}. */
export interface FollowedMap extends Followed<Value> {
  /** What health reports of the source. */
  source(): SourceHealth
  /** Waits until a watch is open. */
  watching(): Promise<void>
  /** Waits until this count is served. No count may have been served twice or after a newer one. */
  servesCount(count: number): Promise<void>
  /** Waits until health says that updates don't arrive, since when, and why. */
  warns(why: RegExp): Promise<void>
  /** Waits until this count is served and health is back at `pass`. */
  recovers(count: number): Promise<void>
}

export async function followMap(options: ObjectOptions): Promise<FollowedMap> {
  const source = configMap({ ...options, timing: { ...FAST, ...options.timing } })
  const followed = await follow(source, { schema: readValue, recheckMs: 3_600_000 })
  const { config, served, serves, reports } = followed
  const sourceHealth = (): SourceHealth => config.health().sources[0] ?? expect.fail('there is no source')
  const watching = (): Promise<void> => reports({ sources: [{ watching: 'watch', updatable: true }] })
  const servesCount = async (count: number): Promise<void> => {
    await serves({ count })
    const counts = served.map((value) => value.count)
    expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b))
  }
  return {
    ...followed,
    source: sourceHealth,
    watching,
    servesCount,
    warns: (why) =>
      eventually(() => {
        expect(config.health()).toMatchObject({
          status: 'warn',
          sources: [{ watching: 'reconnecting', updatable: false }],
        })
        const warnings = sourceHealth().warnings.join('\n')
        expect(warnings).toMatch(why)
        expect(warnings).toMatch(/no watch since \d{4}-/)
      }),
    async recovers(count) {
      await servesCount(count)
      await watching()
      await reports({ status: 'pass', lastRejection: null })
    },
  }
}

function readValue(input: unknown): Value {
  const { count } = input as Partial<Value>
  if (typeof count !== 'number') throw new Error('count: expected a number')
  return { count }
}
