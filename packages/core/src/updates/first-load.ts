import { inSlices } from '../async/slices.js'
import { within } from '../async/time-limit.js'
import { ConfigError, messageOf, NotReadyError } from '../errors/errors.js'
import type { Issue } from '../errors/errors.js'
import { createValidator } from '../schemas/create-validator.js'
import { allNames } from '../schemas/known-names.js'
import type { Schema } from '../schemas/schema.js'
import type { Validator } from '../schemas/validator.js'
import type { Redactor } from '../secrets/redactor.js'
import type { SourceSet, SourceState } from '../sources/source-set.js'
import { instancesIn } from '../trees/instances.js'
import type { SafeChange } from './safe-change.js'
import type { Updater } from './updater.js'

/** A source that the first load waits for, with the known reasons. */
export interface AwaitedSource {
  readonly name: string
  readonly reasons: readonly string[]
  /** Why it can't be read, when its reading has failed while another one still lasts. */
  readonly failure?: string
}

export interface StartSettings {
  /** The time limit for the first load, in milliseconds. Default: only the limits of the sources apply. */
  readonly withinMs?: number | undefined
  /** Whether the configuration stays open when the first load fails, and is loaded as soon as it is valid. */
  readonly keepsTrying?: boolean
}

/** The part of the log that the first load writes to. */
interface StartLog {
  /** Logs a part of the schema that can't be checked. */
  note(text: string): void
  /** Logs the sources that a slow first load waits for. */
  waiting(sources: readonly AwaitedSource[]): void
}

export interface StartParts<T> {
  readonly updater: Updater<T>
  readonly safe: Pick<SafeChange<T>, 'lastGood'>
  readonly sources: SourceSet
  readonly redactor: Redactor
  readonly recheckMs: number
  readonly log: StartLog
  readonly reload: () => Promise<unknown>
  /** Aborts on `close()`. */
  readonly signal: AbortSignal
}

/** After this time, the first load logs the sources that it waits for. In milliseconds. */
const PATIENCE_MS = 2_000

/**
 * Prepares the schema, starts watching and takes the first snapshot.
 *
 * @throws {ConfigError} with every problem found, when there is no valid configuration
 * @throws {OptionError} when `schema` is not a schema
 * @throws the reason of the signal
 */
export async function firstLoad<T>(
  schema: Schema | undefined,
  parts: StartParts<T>,
  withinMs: number | undefined,
): Promise<void> {
  const { updater, sources, redactor, recheckMs, log, reload, signal } = parts
  await updater.schema.prepare(prepare(schema, parts))
  sources.watch(recheckMs, () => void reload())
  try {
    await loadWithin(withinMs, parts)
  } catch (error) {
    // It took too long. A last good configuration can serve until the sources are read.
    if (!(error instanceof ConfigError) || !(await updater.startWithout(error))) throw error
  }
  const { snapshot, rejected } = updater.state
  if (!snapshot) throw rejected?.rejection.error ?? new NotReadyError()
  const instances = redactor.paths(await inSlices(instancesIn(snapshot.value), signal))
  if (instances.length > 0) {
    const places = instances.includes('') ? 'as the whole configuration' : `at ${instances.join(', ')}`
    log.note(
      `the configuration has an instance of a class ${places}, whose parts can't be compared, frozen or held back: ` +
        'return plain objects from the schema, such as { ...value } or instanceToPlain(value) of class-transformer',
    )
  }
}

/** Creates the validator, and tells the redactor what is secret. */
async function prepare<T>(schema: Schema | undefined, parts: StartParts<T>): Promise<Validator> {
  const { redactor, log, signal } = parts
  const validator = await createValidator(schema)
  signal.throwIfAborted()
  const { sensitive, open, known, notes = [] } = validator
  redactor.add({ sensitive, open, names: known && allNames(known) })
  for (const note of notes) log.note(note)
  return validator
}

/**
 * Loads once. Only here the application waits for a load, so the log reports a slow one and the error names its cause.
 */
async function loadWithin<T>(ms: number | undefined, parts: StartParts<T>): Promise<void> {
  const { safe, reload, log, signal } = parts
  // A store that takes too long has a log line of its own.
  const patience = setTimeout(() => safe.lastGood?.isLoading || log.waiting(awaitedOf(parts)), PATIENCE_MS).unref()
  try {
    await (ms === undefined ? reload() : within({ ms, keepsAlive: true }, signal, reload))
  } catch (error) {
    signal.throwIfAborted()
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    throw isLate ? ConfigError.of(lateIssues(awaitedOf(parts), ms ?? 0), { cause: error }) : error
  } finally {
    clearTimeout(patience)
  }
}

/** The sources that are not read: first those that are still being read, then those that have failed. */
function awaitedOf<T>({ sources, redactor }: StartParts<T>): AwaitedSource[] {
  const unread = sources.states.filter(({ reading }) => !reading)
  return [...unread.filter((source) => !hasFailed(source)), ...unread.filter(hasFailed)].map((source) => ({
    name: source.name,
    reasons: redactor.texts(source.watch?.warnings ?? []),
    ...(hasFailed(source) && { failure: `can't be read: ${redactor.scrub(messageOf(source.error))}` }),
  }))
}

function hasFailed({ error, readingSince }: SourceState): boolean {
  return error !== undefined && readingSince === undefined
}

function lateIssues(awaited: readonly AwaitedSource[], ms: number): Issue[] {
  if (awaited.length === 0) return [{ code: 'HOT_CONFIG_SCHEMA', message: `the schema did not answer within ${ms} ms` }]
  return awaited.map(({ name, reasons, failure }) => ({
    code: 'HOT_CONFIG_SOURCE',
    source: name,
    message: failure ?? [`can't be read: not read within ${ms} ms`, ...reasons].join(': '),
  }))
}
