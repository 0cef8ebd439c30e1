import type { Change, HotConfig, Rejection, ReloadResult } from '@hot-config/core'
import { expect } from 'vitest'

import type { RecordingLogger } from '../../support/recording-logger.ts'
import type { Value } from './content.ts'
import { isSame } from './layers.ts'

interface Ended {
  readonly result: ReloadResult
  readonly isRejected: boolean
  readonly status: string
  /** How many lines of the log there were. */
  readonly lines: number
}

/** What one process was told by its configuration, and what has to hold of that whatever happens. */
export class Journal {
  readonly changes: Change<Value>[] = []
  readonly rejections: Rejection[] = []
  readonly ended: Ended[] = []
  readonly #config: HotConfig<Value>
  readonly #logger: RecordingLogger

  constructor(config: HotConfig<Value>, logger: RecordingLogger) {
    this.#config = config
    this.#logger = logger
    config.onReload(({ result }) => {
      const { status, lastRejection } = config.health()
      this.ended.push({ result, status, isRejected: lastRejection !== null, lines: logger.lines.length })
    })
    config.onChange((change) => {
      expect(config.snapshot).toBe(change.next)
      this.changes.push(change)
    })
    config.onReject((rejection) => this.rejections.push(rejection))
  }

  /** How many lines begin with this. */
  linesOf(...beginnings: string[]): number {
    return this.#logger.lines.filter(({ message }) => beginnings.some((text) => message.startsWith(text))).length
  }

  check(): void {
    this.#checkChanges()
    this.#checkCounts()
    this.#checkLines()
  }

  /** Versions step by one, a change is one, and what did not change keeps its identity. */
  #checkChanges(): void {
    this.changes.forEach(({ previous, next, paths }, index) => {
      const before = this.changes[index - 1]?.next
      if (before) expect(previous).toBe(before)
      expect(next.version).toBe(index + 2)
      expect(next.value).not.toEqual(previous.value)
      const changed = new Set(paths.map((path) => path[0]))
      for (const part of ['a', 'b', 'c'] as const) {
        expect(next.value[part] === previous.value[part]).toBe(isSame(next.value[part], previous.value[part]))
        expect(changed.has(part)).toBe(next.value[part] !== previous.value[part])
      }
    })
    const last = this.changes.at(-1)
    if (last) expect(this.#config.current).toBe(last.next.value)
  }

  /** Health, history and listeners agree. */
  #checkCounts(): void {
    const count = (wanted: ReloadResult): number => this.ended.filter(({ result }) => result === wanted).length
    const { reloads, version } = this.#config.health()
    expect(reloads).toEqual({ changed: count('changed'), unchanged: count('unchanged'), rejected: count('rejected') })
    expect(count('changed')).toBe(this.changes.length)
    expect(version).toBe(this.changes.length + 1)
    const history = this.#config.history()
    const told = this.changes.length + this.rejections.length
    expect(history).toHaveLength(Math.min(told, 20))
    const versions = history.flatMap((entry) => (entry.type === 'change' ? [entry.version] : []))
    expect(versions).toEqual(this.changes.slice(this.changes.length - versions.length).map(({ next }) => next.version))
    const messages = history.flatMap((entry) => (entry.type === 'rejection' ? [entry.message] : []))
    const rejected = this.rejections.slice(this.rejections.length - messages.length)
    expect(messages).toEqual(rejected.map(({ message }) => message))
  }

  /** Each turn is one line, and so is its end. */
  #checkLines(): void {
    expect(this.linesOf('configuration changed')).toBe(this.changes.length)
    const rejections = this.linesOf('update rejected', 'canary rejected')
    expect(rejections).toBeLessThanOrEqual(this.rejections.length)
    let [healed, turned] = [0, 0]
    this.ended.forEach((now, index) => {
      const before = this.ended[index - 1]
      if (!before) return
      if (now.status === 'pass' && before.status === 'warn') healed++
      if (now.isRejected && !before.isRejected) turned++
      if (now.status === 'warn' && before.status === 'pass') {
        const lines = this.#logger.lines.slice(before.lines, now.lines)
        expect(lines.filter(({ level }) => level === 'warn').length, 'a line for the warning').toBeGreaterThan(0)
      }
    })
    expect(this.linesOf('the configuration is up to date again') - healed).toBeOneOf([0, 1])
    expect(rejections, 'a line for each rejection after none').toBeGreaterThanOrEqual(turned)
  }
}
