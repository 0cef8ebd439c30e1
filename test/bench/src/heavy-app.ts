// heavy-app.js FORMAT VOLUME SCHEMA: serves HTTP and follows a volume; says its port, and answers questions.
import { readFileSync, readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'
import { load } from 'js-yaml'
import { parse } from 'smol-toml'

import { longestBlock } from '../../support/longest-block.ts'
import type { Block } from '../../support/longest-block.ts'
import { shared } from './clock.ts'
import { schemas } from './heavy-document.ts'
import type { FormatName, SchemaName } from './heavy-document.ts'
import type { Spin } from './heavy-spinner.ts'

/** What the app is asked, and what it answers. */
export interface Questions {
  /** What parsing the volume's file with the bare library takes, in milliseconds. */
  bare: number
  /** What the schema takes for what is parsed of it, in its one call, in milliseconds. */
  schema: number
  /** Watch the event loop from now on. */
  start: number
  /** The longest block since `start`. */
  stop: Block
  /** Keep the main thread busy from now on, in short turns. */
  saturate: number
  /** No longer. */
  relax: number
}

/**
 * `seen` answers, once the configuration has this count, since when: by the clock that processes share. `spinMs` has a
 * worker with the niceness of the parser's spin, and answers when it is over.
 */
export type Question = keyof Questions | { readonly seen: number } | { readonly spinMs: number }

export type Answer = number | Block

/** One turn of a main thread that has something to do all the time. */
const BUSY_TURN_MS = 1

const parsers: Readonly<Record<FormatName, (text: string) => unknown>> = {
  yaml: (text) => load(text),
  json: (text) => JSON.parse(text) as unknown,
  toml: (text) => parse(text),
}

const [format, volume, schemaName] = process.argv.slice(2) as [FormatName, string, SchemaName]
const schema = schemas[schemaName]
const app = Fastify()
const spinner = new Worker(new URL('heavy-spinner.js', import.meta.url))
/** Of the parser's worker, as it is in the first load. */
let niceness: number | undefined
process.on('worker', (worker) => {
  if (worker !== spinner) worker.once('message', () => (niceness ??= Math.max(...nicenessOfThreads())))
})
await app.register(hotConfig, { sources: volume, logger: false, ...(schema && { schema }) })
app.get('/', async (request) => ({ count: countOf(request.config) }))
await app.listen({ port: 0, host: '127.0.0.1' })

const tell = (answer: Answer): unknown => process.send?.(answer)
let seen = { count: countOf(app.hotConfig.current), at: shared(performance.now()) }
let awaited: number | undefined
let stop: (() => void) | undefined
let busy: NodeJS.Immediate | undefined

app.hotConfig.onChange(({ next }) => {
  seen = { count: countOf(next.value), at: shared(performance.now()) }
  tellWhenSeen()
})
spinner.on('message', () => tell(0))

const answers: Readonly<Record<keyof Questions, () => unknown>> = {
  bare: () => {
    const text = readText()
    tell(time(() => parsers[format](text)))
  },
  schema: () => {
    const value = parsers[format](readText())
    tell(time(() => judge(value)))
  },
  start: () => void watchLoop(),
  stop: () => stop?.(),
  saturate: () => {
    beBusy()
    tell(0)
  },
  relax: () => {
    clearImmediate(busy)
    tell(0)
  },
}

process.on('message', (question: Question) => {
  if (typeof question === 'string') answers[question]()
  else if ('seen' in question) {
    awaited = question.seen
    tellWhenSeen()
  } else spinner.postMessage({ forMs: question.spinMs, niceness: niceness ?? 0 } satisfies Spin, [])
})
process.once('disconnect', () => process.exit())
tell((app.server.address() as AddressInfo).port)

function countOf(config: unknown): number {
  return (config as { count: number }).count
}

function tellWhenSeen(): void {
  if (awaited === undefined || seen.count !== awaited) return
  awaited = undefined
  tell(seen.at)
}

async function watchLoop(): Promise<void> {
  const { ms, ownMs, cpuMs } = await longestBlock(async () => {
    tell(0)
    await new Promise<void>((resolve) => (stop = resolve))
  })
  tell({ ms, ownMs, cpuMs })
}

function beBusy(): void {
  const end = performance.now() + BUSY_TURN_MS
  while (performance.now() < end);
  busy = setImmediate(beBusy)
}

function readText(): string {
  return readFileSync(join(volume, '..data', `app.${format}`), 'utf8')
}

function judge(value: unknown): unknown {
  if (!schema) throw new Error('there is no schema')
  return typeof schema === 'function' ? schema(value) : schema.parse(value)
}

function time(run: () => unknown): number {
  const started = performance.now()
  run()
  return performance.now() - started
}

/** Of all threads of this process, as Linux tells. */
function nicenessOfThreads(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    // the name before may hold anything; see proc(5)
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return Number(fields[16])
  })
}
