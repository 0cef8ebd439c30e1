import { within } from '../async/time-limit.js'
import { ConfigError } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import type { Redactor } from '../secrets/redactor.js'
import type { SourceSet } from '../sources/source-set.js'

/** A source that the first load waits for, with what is known of the reason. */
export interface AwaitedSource {
  readonly name: string
  readonly reasons: readonly string[]
}

export interface FirstLoadOptions {
  readonly sources: SourceSet
  readonly redactor: Redactor
  /** How long it may take, in milliseconds. Default: as long as its sources may. */
  readonly withinMs: number | undefined
  readonly signal: AbortSignal
  /** Is called once when it takes long. */
  readonly waiting: (sources: readonly AwaitedSource[]) => void
}

/** How long the first load may take before it says what it waits for, in milliseconds. */
const PATIENCE_MS = 2_000

/**
 * Runs the first load, which is the only one that the program waits for: so it says what it waits for, and why it ended.
 *
 * @throws {ConfigError} when it takes too long
 * @throws the reason of `signal`
 */
export async function firstLoad(load: () => Promise<unknown>, options: FirstLoadOptions): Promise<void> {
  const { withinMs: ms, signal, waiting } = options
  const patience = setTimeout(() => waiting(awaitedOf(options)), PATIENCE_MS).unref()
  try {
    await (ms === undefined ? load() : within({ ms, keepsAlive: true }, signal, load))
  } catch (error) {
    signal.throwIfAborted()
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    throw isLate ? ConfigError.of(lateIssues(awaitedOf(options), ms ?? 0), { cause: error }) : error
  } finally {
    clearTimeout(patience)
  }
}

function awaitedOf({ sources, redactor }: FirstLoadOptions): AwaitedSource[] {
  const unread = sources.states.filter(({ reading }) => !reading)
  return unread.map(({ name, watch }) => ({ name, reasons: redactor.texts(watch?.warnings ?? []) }))
}

function lateIssues(awaited: readonly AwaitedSource[], ms: number): Issue[] {
  if (awaited.length === 0) return [{ code: 'HOT_CONFIG_SCHEMA', message: `the schema did not answer within ${ms} ms` }]
  return awaited.map(({ name, reasons }) => ({
    code: 'HOT_CONFIG_SOURCE',
    source: name,
    message: [`can't be read: not read within ${ms} ms`, ...reasons].join(': '),
  }))
}
