import { equal, ok, rejects } from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'

import { ClosedError, startHotConfig, values, volume, withCanary, withFallback } from '@hot-config/core'
import type { HotConfig, LastGoodStore, StartedHotConfig } from '@hot-config/core'
import { collectMetrics } from '@hot-config/core/prometheus'
import { Registry } from 'prom-client'

import { drivenSource, fileEntries } from '../../support/driven-source.ts'
import type { DrivenSource } from '../../support/driven-source.ts'
import { gate } from '../../support/gate.ts'
import type { Gate } from '../../support/gate.ts'
import { recordingLogger } from '../../support/recording-logger.ts'
import { isBad, schema, textsOf } from './content.ts'
import type { Held, Value } from './content.ts'
import type { Mounted } from './mounted.ts'
import { Journal } from './journal.ts'
import { Program } from './program.ts'
import type { Faults } from './program.ts'
import type { Settings } from './settings.ts'
import { until } from './until.ts'

export type Name = 'main' | 'second' | 'override' | 'canary'

/** A configuration, with what goes on around it. */
interface Process {
  readonly config: HotConfig<Value>
  readonly journal: Journal
  readonly program: Program
  readonly abort: AbortController
  readonly register: Registry
}

/** The processes of one pod after another, on the same sources and the same store. */
export class World implements AsyncDisposable {
  readonly sources: Readonly<Record<Name, DrivenSource<Record<string, string>>>> = {
    main: sourceNamed('main', { 'a.json': '{"a":{"n":1}}' }),
    second: sourceNamed('second', { 'a.json': '{"a":{"n":2}}' }),
    override: sourceNamed('override', {}, true),
    canary: sourceNamed('canary', {}, true),
  }
  readonly faults: Faults = { hookVetoes: false, createFails: false, hooksWait: undefined }
  readonly mounted: Mounted | undefined
  isStoreBroken = false
  stored: Uint8Array | undefined
  process: Process | undefined
  #guardWaits: Gate | undefined

  /** @param mounted holds the main source, which is driven by hand without it */
  constructor(mounted?: Mounted) {
    this.mounted = mounted
  }

  async set(name: Name, held: Held, share?: string): Promise<void> {
    if (name === 'main' && this.mounted) await this.mounted.set(held)
    else if (held === 'gone') this.sources[name].set(new Error('can not be read'))
    else this.sources[name].set({ ...textsOf(held), ...(share !== undefined && { 'hot-config.share': share }) })
  }

  /** Starts another process, unless the sources hold nothing valid. */
  async start(settings: Settings): Promise<void> {
    await this.close()
    const { ready } = this.begin(settings)
    if (!(await ready.catch(() => undefined))) this.process = undefined
    await isSaved()
  }

  begin(settings: Settings): StartedHotConfig<Value> {
    const { hasFallback, hasGuard, hasStore, isDelayed, holdsC, acceptsEmptied, unknown, own } = settings
    const { second, override, canary } = this.sources
    const main = this.mounted ? volume(this.mounted.path) : this.sources.main
    const logger = recordingLogger()
    const abort = new AbortController()
    const { config, ready } = startHotConfig({
      schema,
      logger,
      signal: abort.signal,
      sources: [
        withCanary(hasFallback ? withFallback(main, second) : main, canary),
        override,
        ...(own ? [values(Object.fromEntries(Object.entries(own).map(([part, n]) => [part, { n }])))] : []),
      ],
      ...(hasGuard && { guard: { bakeMs: 1, intervalMs: 1, check: ({ current }) => this.#judge(current as Value) } }),
      ...(hasStore && { lastGood: this.#store }),
      ...(isDelayed && { applyDelay: { maxMs: 1 } }),
      ...(this.mounted && { recheckMs: 20 }),
      restartRequired: holdsC ? ['c'] : [],
      unknown,
      emptied: acceptsEmptied ? 'accept' : 'reject',
    })
    const register = new Registry()
    collectMetrics(config, { register })
    const journal = new Journal(config, logger)
    this.process = { config, journal, program: new Program(config, this.faults), abort, register }
    return { config, ready }
  }

  /** Has the guard's check wait, or ends that. */
  holdGuard(isOn: boolean): void {
    if (isOn) this.#guardWaits ??= gate()
    else this.#guardWaits?.open()
    if (!isOn) this.#guardWaits = undefined
  }

  /** Waits until nothing goes on, unless the guard's check waits. @returns what the last reload resolved with */
  async settle(): Promise<string | undefined> {
    if (!this.process) return undefined
    const { config } = this.process
    const isBusy = (): boolean => {
      const { guard, pending } = config.health()
      return pending !== null || (guard?.state === 'baking' && !this.#guardWaits)
    }
    for (;;) {
      await until('nothing is pending or baking', () => !isBusy())
      const result = await config.reload()
      await isSaved()
      if (result !== 'changed' && !isBusy()) return result
    }
  }

  /** Ends the process, in one of several ways, and checks that nothing goes on after that. */
  async close(how: 'once' | 'twice' | 'abort' = 'once'): Promise<void> {
    if (!this.process) return
    const { config, journal, program, abort } = this.process
    this.process = undefined
    if (how === 'abort') abort.abort()
    if (how === 'twice') void config.close()
    await config.close()
    program.checkClosed()
    await rejects(config.reload(), ClosedError)
    const { length } = journal.ended
    for (const source of Object.values(this.sources)) source.notify()
    await isSaved()
    equal(journal.ended.length, length, 'reloads after close()')
    ok(config.health(), 'health after close()')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  check(): void {
    this.process?.journal.check()
    this.process?.program.check()
  }

  readonly #store: LastGoodStore = {
    load: async () => {
      if (this.isStoreBroken) throw new Error('no store')
      return this.stored
    },
    save: async (bytes) => {
      if (this.isStoreBroken) throw new Error('no store')
      this.stored = bytes
    },
  }

  async #judge(value: Value): Promise<void> {
    await this.#guardWaits?.passed
    if (isBad(value)) throw new Error('bad')
  }
}

/** Waits until what was accepted is in the store, and errors of listeners are counted. */
async function isSaved(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate()
}

function sourceNamed(
  name: Name,
  files: Record<string, string>,
  mayBeEmpty = false,
): DrivenSource<Record<string, string>> {
  return drivenSource<Record<string, string>>(files, {
    name,
    reading: (held) => ({ entries: fileEntries(held), mayBeEmpty }),
  })
}
