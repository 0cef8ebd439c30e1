import { deepStrictEqual, equal, notDeepStrictEqual, ok } from 'node:assert/strict'

import type { Change, HotConfig, Rejection, ReloadResult } from '@hot-config/core'

import type { RecordingLogger } from '../../support/recording-logger.ts'
import type { Value } from './content.ts'
import { isSame } from './layers.ts'

/** How a reload ended, and how everything was then. */
interface Ended {
  readonly result: ReloadResult
  readonly isRejected: boolean
  readonly status: string
  /** How many lines the log had. */
  readonly lines: number
}

/** What a configuration told its listeners and its log, and what has to hold of that whatever happens. */
export class Journal {
  readonly ended: Ended[] = []
  readonly #changes: Change<Value>[] = []
  readonly #rejections: Rejection[] = []
  readonly #config: HotConfig<Value>
  readonly #logger: RecordingLogger

  constructor(config: HotConfig<Value>, logger: RecordingLogger) {
    this.#config = config
    this.#logger = logger
    config.onReload(({ result }) => {
      const { status, lastRejection, canary } = config.health()
      // while a canary is prepared, nothing is up to date again
      const isOpen = status === 'pass' && canary?.state === 'waiting' && canary.chosen
      const turned = isOpen ? (this.ended.at(-1)?.status ?? status) : status
      this.ended.push({
        result,
        status: turned,
        isRejected: lastRejection !== null,
        lines: logger.lines.length,
      })
    })
    config.onChange((change) => this.#changes.push(change))
    config.onReject((rejection) => this.#rejections.push(rejection))
  }

  /** How many updates were taken back. One that comes again has the same error. */
  get takenBack(): number {
    const errors = this.#rejections.map(({ error }) => error)
    return new Set(errors.filter(({ code }) => code === 'HOT_CONFIG_TAKEN_BACK')).size
  }

  check(): void {
    this.#changes.forEach((change, index) => checkChange(change, this.#changes[index - 1], index))
    const last = this.#changes.at(-1)
    if (last) equal(this.#config.current, last.next.value, 'what serves is what the last change was to')
    this.#checkCounts()
    this.#checkHistory()
    this.#checkLines()
  }

  #checkCounts(): void {
    const { reloads, version } = this.#config.health()
    const count = (wanted: ReloadResult): number => this.ended.filter(({ result }) => result === wanted).length
    const counted = { changed: count('changed'), unchanged: count('unchanged'), rejected: count('rejected') }
    deepStrictEqual(reloads, counted, 'the reloads of health')
    equal(counted.changed, this.#changes.length, 'a change for each reload that changed')
    equal(version, this.#changes.length + 1, 'a version for each change')
  }

  #checkHistory(): void {
    const [versions, messages]: [number[], string[]] = [[], []]
    for (const entry of this.#config.history()) {
      if (entry.type === 'change') versions.push(entry.version)
      else messages.push(entry.message)
    }
    const told = this.#changes.length + this.#rejections.length
    equal(versions.length + messages.length, Math.min(told, 20), 'entries of the history')
    const changes = this.#changes.slice(this.#changes.length - versions.length)
    const rejections = this.#rejections.slice(this.#rejections.length - messages.length)
    deepStrictEqual(
      versions,
      changes.map(({ next }) => next.version),
      'the changes of the history',
    )
    deepStrictEqual(
      messages,
      rejections.map(({ message }) => message),
      'the rejections of the history',
    )
  }

  /** Each turn is one line, and so is its end. */
  #checkLines(): void {
    const rejections = this.#linesOf('update rejected', 'canary rejected')
    // a canary that comes again is not tried, and so not rejected again
    const untried = this.#linesOf('the canary of canary is not tried again')
    let [healed, turned] = [0, 0]
    this.ended.forEach((now, index) => {
      const before = this.ended[index - 1]
      if (!before) return
      if (now.status === 'pass' && before.status === 'warn') healed++
      if (now.isRejected && !before.isRejected) turned++
      if (now.status !== 'warn' || before.status !== 'pass') return
      // taking back is two steps, the second of which is the rejection
      const lines = this.#logger.lines.slice(before.lines, this.ended[index + 1]?.lines)
      ok(
        lines.some(({ level }) => level === 'warn'),
        'a line for the warning',
      )
    })
    const first = Number(this.ended[0]?.status === 'pass')
    equal(this.#linesOf('configuration changed'), this.#changes.length, 'a line for each change')
    ok(rejections <= this.#rejections.length, 'a line for each rejection at most')
    ok(rejections + untried >= turned, 'a line for each rejection after none')
    const ends = this.#linesOf('the configuration is up to date again')
    ok(ends >= healed && ends <= healed + first, 'a line when all is well again')
  }

  #linesOf(...beginnings: string[]): number {
    return this.#logger.lines.filter(({ message }) => beginnings.some((text) => message.startsWith(text))).length
  }
}

/** Versions step by one, a change is one, and what did not change keeps its identity. */
function checkChange({ previous, next, paths }: Change<Value>, before: Change<Value> | undefined, index: number): void {
  if (before) equal(previous, before.next, 'a change begins with what the last one was to')
  equal(next.version, index + 2, 'the version')
  notDeepStrictEqual(next.value, previous.value, 'a change of the value')
  for (const part of ['a', 'b', 'c'] as const) {
    const isKept = next.value[part] === previous.value[part]
    equal(isKept, isSame(next.value[part], previous.value[part]), `the identity of ${part}`)
    equal(
      paths.some((path) => path.startsWith(part)),
      !isKept,
      `${part} among the paths`,
    )
  }
}
