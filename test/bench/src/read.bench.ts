import 'reflect-metadata'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import type { HotConfig } from '@hot-config/core'
import { ConfigService } from '@nestjs/config'
import convict from 'convict'
import nconf from 'nconf'

import { compare } from './measure.ts'
import type { Row } from './measure.ts'
import { rounds } from './rounds.ts'

const ROUNDS = rounds(41, 21)
const WARM_UP = 5
/** Of each subject in a round: enough to take about the same time. */
const FAST_READS = 2_000_000
const SLOW_READS = 50_000
const RELOADS = 1_000
const VALUE = 1_000

interface Subject {
  /** Reads from those that are held, in turns. */
  readonly run: (held: readonly unknown[], reads: number) => number
  readonly reads: number
  readonly held: readonly unknown[]
  /** Takes another configuration with the same value at the path. */
  readonly renew?: () => Promise<void>
  readonly samples: number[]
}

/**
 * Reads a value after a thousand reloads.
 *
 * The floor is a literal object in a holder, `holder.current.a.b.c`, whose `current` is replaced in every round as a
 * live configuration is. There are four of each subject, read in turns: reads of a single one are moved out of the loop by
 * the compiler, which is of no use to code that reads its configuration once per request.
 */
export default async function read(): Promise<Row[]> {
  const live = await Promise.all(fourOf(startConfig))
  const holders = fourOf(() => ({ current: tree(0) }))
  const folder = mkdtempSync(join(tmpdir(), 'bench-read-'))
  const peers = await startPeers(folder)
  const configs = live.map(({ config }) => config)
  const subjects = {
    plain: subject('.current.a.b.c', FAST_READS, holders, async () => {
      for (const holder of holders) holder.current = tree(holder.current.other.count + 1)
    }),
    current: subject('.current.a.b.c', FAST_READS, configs, async () => {
      for (const { reload } of live) await reload()
    }),
    get: subject(".get('a.b.c')", FAST_READS, configs),
    convict: subject(".get('d.e.f')", SLOW_READS, peers.convict),
    nodeConfig: subject(".get('d.e.f')", SLOW_READS, peers.nodeConfig),
    nest: subject(".get('d.e.f')", SLOW_READS, peers.nest),
    nconf: subject(".get('d:e:f')", SLOW_READS, peers.nconf),
  }
  for (let count = 0; count < RELOADS; count++) for (const { reload } of live) await reload()

  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [name, { run, reads, held, renew, samples }] of Object.entries(subjects)) {
      await renew?.()
      const started = performance.now()
      const sum = run(held, reads)
      const elapsed = performance.now() - started
      if (sum !== reads * VALUE) throw new Error(`${name} reads something else`)
      if (round >= 0) samples.push((elapsed / reads) * 1e6)
    }
  }
  for (const { config } of live) await config.close()
  rmSync(folder, { recursive: true })

  const { plain, current, get, convict, nodeConfig, nest, nconf } = subjects
  const floor = 'a plain property read'
  const ours = 'config.current.a.b.c'
  const slower = (what: string, { samples }: Subject): Row =>
    compare(what, samples, ours, current.samples, 'ns', { atLeast: 100 })
  return [
    compare(ours, current.samples, floor, plain.samples, 'ns', { atMost: 1.05 }),
    slower("convict's get('d.e.f')", convict),
    slower("node-config's get('d.e.f')", nodeConfig),
    slower("ConfigService's get('d.e.f')", nest),
    slower("nconf's get('d:e:f')", nconf),
    compare("config.get('a.b.c')", get.samples, floor, plain.samples, 'ns', { atMost: 7 }),
    compare("convict's get('d.e.f')", convict.samples, "config.get('a.b.c')", get.samples, 'ns', { atLeast: 10 }),
  ]
}

function fourOf<T>(make: () => T): T[] {
  return Array.from({ length: 4 }, make)
}

function tree(count: number) {
  // a literal number: of any other V8 does not know that it is a small one, and checks it at every read
  return { a: { b: { c: 1_000 } }, other: { count, text: 'text', list: [count] } }
}

async function startConfig(): Promise<{ config: HotConfig<unknown>; reload: () => Promise<void> }> {
  let held = tree(0)
  const source = { name: 'counter', read: async () => ({ revision: 'r', entries: [{ path: [], value: held }] }) }
  const config = await createHotConfig({ sources: source, logger: false })
  const reload = async (): Promise<void> => {
    held = tree(held.other.count + 1)
    if ((await config.reload()) !== 'changed') throw new Error('nothing changed')
  }
  return { config, reload }
}

/**
 * Each holds the same value, in the way its own documentation shows. Below other names: V8 keeps what it knows of objects
 * by the names of their properties, and what a peer does with its own must not slow the others down.
 */
async function startPeers(folder: string) {
  const values = { d: { e: { f: VALUE } } }
  // it reads its files when it is imported
  Object.assign(process.env, {
    NODE_CONFIG_DIR: folder,
    NODE_CONFIG: JSON.stringify(values),
    SUPPRESS_NO_CONFIG_WARNING: 'y',
  })
  const { default: nodeConfig } = await import('config')
  const memory = (): nconf.Provider => {
    const provider = new nconf.Provider()
    provider.use('memory')
    provider.set('d:e:f', VALUE)
    return provider
  }
  return {
    convict: fourOf(() => convict({ d: { e: { f: { format: 'nat', default: VALUE } } } })),
    // there is only one
    nodeConfig: fourOf(() => nodeConfig),
    nest: fourOf(() => new ConfigService(values)),
    nconf: fourOf(memory),
  }
}

let made = 0

/**
 * With a function of its own: one that several share is optimized for the mix of them. The number in its text keeps V8
 * from finding the same text compiled already, with all that it learned there.
 */
function subject(read: string, reads: number, held: readonly unknown[], renew?: () => Promise<void>): Subject {
  const body = `// ${made++}
    let [a, b, c, d] = held, sum = 0
    for (let i = 0; i < reads; i += 4) {
      sum += a${read} + b${read} + c${read} + d${read}
      const first = a; a = b; b = c; c = d; d = first
    }
    return sum`
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is made of constants
  const run = new Function('held', 'reads', body) as Subject['run']
  return { run, reads, held, samples: [], ...(renew && { renew }) }
}
