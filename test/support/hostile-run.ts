import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'

import { answerHealth, createHotConfig } from '@hot-config/core'
import type { Format, HotConfig, Issue, Rejection, ReloadResult, Schema } from '@hot-config/core'
import { formatPath } from '@hot-config/core/internal'
import type { HotConfigInstance } from '@hot-config/core/internal'
import { collectMetrics } from '@hot-config/core/prometheus'
import { Registry } from 'prom-client'
import { expect } from 'vitest'

import { leaksIn } from '../secrets/leaks.ts'
import { drivenSource } from './driven-source.ts'
import type { DrivenSource } from './driven-source.ts'
import { changedPrototypes } from './globals.ts'
import { SECRET } from './hostile-texts.ts'
import type { HostileFormat } from './hostile-texts.ts'
import { longestBlock } from './longest-block.ts'
import { wholeError } from './outward.ts'
import { recordingLogger } from './recording-logger.ts'
import type { RecordingLogger } from './recording-logger.ts'
import { INCOMPARABLE, comparable, referenceOf } from './reference-parsers.ts'

/** For how long one text may keep everything else in the process from running. */
const MAX_BLOCK_MS = 100
/** A case that takes longer is measured again, alone: it may have waited for others. */
const SUSPICIOUS_MS = 60
/** The time between two measurements: other searches on the same core make this one slower. */
const PAUSE_MS = 500

/** What a source holds: one file. */
interface Held {
  readonly bytes: Buffer
  readonly key: string
  readonly format?: Format | undefined
}

interface Kind {
  readonly schema: Schema | undefined
  /** Whether all that the source holds is secret. */
  readonly isSecret: boolean
  /** Whether code of the program makes the values, which may then be more than plain data. */
  readonly mayHoldInstances?: boolean
}

const FIRST: Held = { bytes: Buffer.from('{"first": 1}'), key: 'first.json' }

/** A configuration that gets one hostile text after another, and is checked after each. */
export class HostileRun implements AsyncDisposable {
  readonly #kind: Kind
  readonly #source: DrivenSource<Held>
  readonly #config: HotConfig<unknown>
  readonly #logger: RecordingLogger
  readonly #registry = new Registry()
  #rejection: Rejection | undefined
  #runs = 0

  private constructor(kind: Kind, source: DrivenSource<Held>, config: HotConfig<unknown>, logger: RecordingLogger) {
    this.#kind = kind
    this.#source = source
    this.#config = config
    this.#logger = logger
    config.onReject((rejection) => void (this.#rejection = rejection))
    collectMetrics(config, { register: this.#registry })
  }

  static async start(kind: Kind): Promise<HostileRun> {
    const { schema, isSecret: secret } = kind
    const source = drivenSource<Held>(FIRST, { reading: (held) => ({ entries: [{ ...held, secret }] }) })
    const logger = recordingLogger()
    const config = await createHotConfig({
      ...(schema && { schema }),
      sources: source,
      logger,
      redact: ['**.vault', '**.tokens'],
    })
    return new HostileRun(kind, source, config, logger)
  }

  /** Updates to a text and checks everything that must hold after it. */
  async check(held: Held, format?: HostileFormat): Promise<void> {
    const before = this.#config.snapshot
    this.#rejection = undefined
    this.#logger.lines.length = 0
    this.#source.set(held)
    const started = performance.now()
    const result = await this.#config.reload()
    const isSlow = performance.now() - started > SUSPICIOUS_MS
    const { snapshot } = this.#config
    expectValid(result, this.#rejection, before, snapshot)
    if (this.#kind.mayHoldInstances !== true) expectPlain(snapshot.value)
    expectPlaces(held, result === 'rejected' ? issuesOf(this.#rejection) : (originOf(this.#config)?.warnings ?? []))
    if (result !== 'rejected' && format && this.#kind.schema === undefined)
      expectReference(held, format, snapshot.value)
    const trees = originOf(this.#config)?.layers.flatMap(({ parts }) => parts.map(({ tree }) => tree)) ?? []
    if (this.#kind.isSecret) expectNoLeak(await this.#everything())
    else if (result === 'changed' && isHidden([...trees, before.value, snapshot.value])) expectNoLeak(this.#latest())
    if (isSlow) expectShort(await this.#blockMs(held))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#config.close()
  }

  /**
   * Measures the update and a probe alone, with a configuration of its own: the best of ten, since the machine does other
   * things too, and so does the collector of the whole search. The page is not measured: it shows all that has changed in
   * one piece, as SECURITY.md says.
   */
  async #blockMs(held: Held): Promise<number> {
    let best = Infinity
    for (let attempt = 0; attempt < 10 && best > MAX_BLOCK_MS; attempt++) {
      if (attempt > 0) await setTimeout(PAUSE_MS)
      await using run = await HostileRun.start(this.#kind)
      run.#source.set(held)
      const { cpuMs } = await longestBlock(async () => {
        await run.#config.reload()
        await answerHealth(run.#config, { headers: {} }, {})
      })
      best = Math.min(best, cpuMs / (await slowness()))
    }
    return best
  }

  /** What is said of this update alone: those before it may have had the secret at other places. */
  #latest(): unknown[] {
    const { lines } = this.#logger
    return [this.#config.history().at(-1), lines, this.#rejection && wholeError(this.#rejection.error)]
  }

  /** What is expensive is shown in some of the cases only. */
  async #everything(): Promise<unknown[]> {
    const config = this.#config
    const seen: unknown[] = [...this.#latest(), config.health(), config.snapshot.digest]
    if (this.#runs++ % 10 > 0) return seen
    const page = await answerHealth(config, { headers: { accept: 'text/html' } }, { page: true })
    const explained = await config.explain(pathsIn(config.current).slice(0, 50))
    return [...seen, page.body, explained, await this.#registry.metrics(), inspect(config, { depth: 10 })]
  }
}

/** The shortest time of {@link slowness} until now, in milliseconds. */
let fastestMs = Infinity

/** How many times slower the processor is than it was at its best. Two threads share a core, so it is twice at most. */
async function slowness(): Promise<number> {
  // long enough for the clock of the system, which counts in milliseconds
  const text = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => ({ index })))
  const { cpuMs } = await longestBlock(async () => JSON.parse(text) as unknown)
  fastestMs = Math.min(fastestMs, Math.max(cpuMs, 1))
  return Math.min(2, Math.max(1, cpuMs / fastestMs))
}

function expectValid(result: ReloadResult, rejection: unknown, before: unknown, after: unknown): void {
  expect(['changed', 'unchanged', 'rejected']).toContain(result)
  expect(rejection === undefined).toBe(result !== 'rejected')
  if (result !== 'changed') expect(after).toBe(before)
  expect(changedPrototypes()).toEqual([])
}

function expectPlain(value: unknown): void {
  expect(faultIn(value)).toBeUndefined()
}

function expectShort(ms: number): void {
  expect(ms).toBeLessThanOrEqual(MAX_BLOCK_MS)
}

function expectReference({ bytes }: Held, format: HostileFormat, value: unknown): void {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  const reference = referenceOf(format, text)
  if (reference !== INCOMPARABLE) expect(comparable(format, value)).toEqual(reference ?? {})
}

function expectNoLeak(seen: readonly unknown[]): void {
  const text = inspect(seen, { depth: 20, maxArrayLength: null, maxStringLength: null })
  expect(leaksIn(text, [SECRET])).toEqual([])
}

/** The lines of a file, by each of the ends that a format may have. */
const linesOf = (text: string): string[][] => [text.split('\n'), text.split(/\r\n|\n|\r/)]

function expectPlaces({ bytes, key }: Held, issues: readonly Omit<Issue, 'code'>[]): void {
  const lines = linesOf(bytes.toString('utf8'))
  for (const { file, line, column, message } of issues) {
    if (file !== key || line === undefined) continue
    const found = lines.map((each) => each[line - 1]).filter((each) => each !== undefined)
    const longest = Math.max(-1, ...found.map((each) => each.length))
    const isThere = line >= 1 && (column ?? 1) >= 1 && (column ?? 1) <= longest + 1
    if (!isThere)
      throw new Error(
        `no such place: ${line}:${column} (${message}) of ${lines.map((each) => each.length).join(' or ')} lines`,
      )
  }
}

const issuesOf = (rejection: Rejection | undefined): readonly Issue[] => rejection?.issues ?? []

/** What is served now was made of. */
const originOf = (config: HotConfig<unknown>) => (config as HotConfigInstance<unknown>).updater.state.origin

/** What of a value is not plain, frozen data. */
function faultIn(value: unknown, path: readonly string[] = []): string | undefined {
  const at = path.join('.')
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${at} is not finite`
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value !== 'object') return `${at} is a ${typeof value}`
  if (!Object.isFrozen(value)) return `${at} is not frozen`
  if (Object.getPrototypeOf(value) !== (Array.isArray(value) ? Array.prototype : Object.prototype))
    return `${at} is no plain object`
  for (const [name, { value: below, get }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (Array.isArray(value) && name === 'length') continue
    if (get) return `${at} has a getter`
    if (['__proto__', 'constructor', 'prototype'].includes(name)) return `${at} has ${name}`
    const fault = faultIn(below, [...path, name])
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Whether the secret is nowhere but where it must not be shown. */
function isHidden(value: unknown): boolean {
  if (typeof value === 'string') return leaksIn(value, [SECRET]).length === 0
  if (typeof value !== 'object' || value === null) return true
  // Such as an error, whose message is no property that is listed.
  const isInstance = !Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype
  if (isInstance && leaksIn(inspect(value), [SECRET]).length > 0) return false
  return Object.entries(value).every(
    ([name, below]) =>
      name === 'vault' || name === 'tokens' || name === 'password' || (isHidden(name) && isHidden(below)),
  )
}

function pathsIn(value: unknown, path: readonly string[] = []): string[] {
  const here = path.length > 0 ? [formatPath(path)] : []
  if (typeof value !== 'object' || value === null || path.length > 3) return here
  return [...here, ...Object.entries(value).flatMap(([name, below]) => pathsIn(below, [...path, name]))]
}
