// heavy-app.js FORMAT VOLUME: serves HTTP and follows a volume; says its port, and answers questions.
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { hotConfig } from '@hot-config/fastify'
import Fastify from 'fastify'
import { load } from 'js-yaml'
import { parse } from 'smol-toml'

import { longestBlock } from '../../support/longest-block.ts'
import type { Block } from '../../support/longest-block.ts'
import type { FormatName } from './heavy-document.ts'

/**
 * `bare`: how long does the bare library take to parse the volume's file, in milliseconds? `start`: look at the event
 * loop from now on. `stop`: for how long was it blocked since? A number: say when it is the configuration's `count`.
 */
export type Question = 'bare' | 'start' | 'stop' | number

/** A block is the answer to `stop`. */
export type Answer = number | Block

const parsers: Readonly<Record<FormatName, (text: string) => unknown>> = {
  yaml: (text) => load(text),
  json: (text) => JSON.parse(text) as unknown,
  toml: (text) => parse(text),
}

const [format, volume] = process.argv.slice(2) as [FormatName, string]
const app = Fastify()
await app.register(hotConfig, { sources: volume, logger: false })
app.get('/', async (request) => ({ count: request.config['count'] }))
await app.listen({ port: 0, host: '127.0.0.1' })

const tell = (answer: Answer): unknown => process.send?.(answer)
let awaited: number | undefined
let stop: (() => void) | undefined

function tellWhenSeen(): void {
  if (awaited === undefined || app.hotConfig.current['count'] !== awaited) return
  awaited = undefined
  tell(0)
}
app.hotConfig.onChange(tellWhenSeen)

process.on('message', (question: Question) => {
  if (question === 'bare') tell(parseBare())
  else if (question === 'stop') stop?.()
  else if (question === 'start') void look()
  else {
    awaited = question
    tellWhenSeen()
  }
})
process.once('disconnect', () => process.exit())
tell((app.server.address() as AddressInfo).port)

async function look(): Promise<void> {
  const { ms, ownMs } = await longestBlock(async () => {
    tell(0)
    await new Promise<void>((resolve) => (stop = resolve))
  })
  tell({ ms, ownMs })
}

function parseBare(): number {
  const text = readFileSync(join(volume, '..data', `app.${format}`), 'utf8')
  const started = performance.now()
  parsers[format](text)
  return performance.now() - started
}
