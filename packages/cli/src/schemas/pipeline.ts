import { hash } from 'node:crypto'

import type { FileEntry, HotConfig, HotConfigOptions, Issue, Schema, Source } from '@hot-config/core'
import { FormatChoice, KeyChoice, parsePath, SHARE_KEY, shareOf } from '@hot-config/core/internal'

import type { Core } from './load-schema.js'
import type { Content, PipelineOptions, SourceContent, ValidateResult } from './messages.js'
import { pinnedPaths, variableEntriesOf } from './pinned-paths.js'

/** How many results are kept. */
const MAX_CLEAN = 10_000

/** Longer contents are known by a digest, which takes less memory. In bytes. */
const MAX_IDENTITY = 1_024

type ContentValidator = Awaited<ReturnType<Core['ContentValidator']['create']>>

/** A source whose content can be replaced. */
interface GivenSource extends Source {
  content: SourceContent
}

/** Runs the pipeline of core on content of manifests, as a service with these sources would. */
export class Pipeline {
  readonly #core: Core
  readonly #schema: Schema
  readonly #options: PipelineOptions
  readonly #validator: ContentValidator
  readonly #keys: KeyChoice
  readonly #formats: FormatChoice
  readonly #variables: ReturnType<typeof variableEntriesOf>
  /** The paths of the options. */
  readonly #named: readonly { readonly what: string; readonly path: string }[]
  /** The results of contents without a finding, by {@link identityOf}. */
  readonly #clean = new Map<string, ValidateResult>()

  private constructor(core: Core, schema: Schema, options: PipelineOptions, validator: ContentValidator) {
    this.#core = core
    this.#schema = schema
    this.#options = options
    this.#validator = validator
    this.#keys = new KeyChoice(options.keys, options.ignore)
    this.#formats = new FormatChoice(options.formats)
    this.#variables = variableEntriesOf(schema)
    this.#named = [
      ...options.redact.map((path) => ({ what: '--redact', path })),
      ...options.restartRequired.map((path) => ({ what: '--restart-required', path })),
    ]
  }

  /** @throws {Error} when the schema is not valid */
  static async create(core: Core, schema: Schema, options: PipelineOptions): Promise<Pipeline> {
    // Where this runs is not where the service runs: only what the manifests set counts.
    for (const { variable } of variableEntriesOf(schema)) Reflect.deleteProperty(process.env, variable)
    const { redact, unknown } = options
    return new Pipeline(core, schema, options, await core.ContentValidator.create({ schema, redact, unknown }))
  }

  /** Validates content. The same one in several objects, such as those of several namespaces, is validated once. */
  async validate(content: Content): Promise<ValidateResult> {
    const identity = identityOf(content)
    const known = this.#clean.get(identity)
    if (known) return known
    const result = await this.#validate(content)
    const { issues, warnings, unknownPaths, places } = result
    // all others name their objects
    if (issues.length + warnings.length + unknownPaths.length + places.length > 0) return result
    // a webhook runs for months
    if (this.#clean.size >= MAX_CLEAN) this.#clean.clear()
    this.#clean.set(identity, result)
    return result
  }

  async #validate({ sources: contents, before, variables }: Content): Promise<ValidateResult> {
    const valid = await this.#validator
      .validate(
        contents.map((content) => ({ name: content.name, entries: this.#entriesOf(content) })),
        this.#named,
      )
      .catch((error: unknown) => this.#issuesOf(error))
    const shares = contents.flatMap(shareWarning)
    if (!('layers' in valid)) {
      return { issues: valid, warnings: shares, unknownPaths: [], pendingRestart: [], pinned: [], places: [] }
    }
    const { layers, unknownPaths } = valid
    const warnings = [...shares, ...valid.warnings]
    const trees = layers.flatMap(({ parts }) => parts.map(({ tree }) => tree))
    const pinned = pinnedPaths(this.#variables, trees, variables)

    const update = before && (await this.#update(before, contents))
    const { changes = [], pendingRestart = [] } = update ?? {}
    const shown = [...changes, ...pinned.filter(({ isSet }) => isSet)].map(({ path }) => path)
    const places = await this.#placesOf(contents, [...new Set([...shown, ...pendingRestart])])
    return { issues: [], warnings, unknownPaths, pendingRestart, ...update, pinned, places }
  }

  /** Updates a service that runs the content before, if that is valid. */
  async #update(
    before: readonly SourceContent[],
    contents: readonly SourceContent[],
  ): Promise<Partial<ValidateResult>> {
    const { restartRequired } = this.#options
    // a canary ends when it is emptied
    const emptied = before.some(isCanary) ? 'accept' : this.#options.emptied
    const sources = this.#sourcesOf(before)
    try {
      // The history leaves out what is held back, so one of the two holds nothing back.
      await using all = await this.#create(sources, { emptied })
      await using held = await this.#create(sources, { restartRequired, emptied })
      replace(sources, contents)
      const [result] = [await all.reload(), await held.reload()]
      const last = all.history().at(-1)
      if (result === 'rejected') return { issues: last?.type === 'rejection' ? last.issues : [] }
      return {
        changes: last?.type === 'change' ? last.differences : [],
        omittedChanges: last?.type === 'change' ? last.omitted : 0,
        pendingRestart: held.health().pendingRestart,
      }
    } catch (error) {
      this.#issuesOf(error)
      return { isBeforeInvalid: true }
    }
  }

  /** Finds the places of paths: where core says they are when a schema rejects them. */
  async #placesOf(contents: readonly SourceContent[], paths: readonly string[]): Promise<readonly Issue[]> {
    if (paths.length === 0) return []
    const issues = paths.map((path) => ({ path: parsePath(path), message: 'is here' }))
    const schema = { '~standard': { version: 1, vendor: 'hot-config', validate: () => ({ issues }) } } as const
    try {
      await this.#core.createHotConfig({ schema, sources: this.#sourcesOf(contents), logger: false })
      return []
    } catch (error) {
      return this.#issuesOf(error)
    }
  }

  #create(sources: readonly Source[], options: HotConfigOptions): Promise<HotConfig<unknown>> {
    const { redact, unknown } = this.#options
    return this.#core.createHotConfig({ schema: this.#schema, sources, redact, unknown, logger: false, ...options })
  }

  /** @throws what is not about the content, such as a schema that is not valid */
  #issuesOf(error: unknown): readonly Issue[] {
    if (error instanceof this.#core.ConfigError) return error.issues
    throw error
  }

  #sourcesOf(contents: readonly SourceContent[]): GivenSource[] {
    let revision = 0
    const entriesOf = (content: SourceContent): FileEntry[] => this.#entriesOf(content)
    return contents.map((content) => ({
      content,
      get name() {
        return this.content.name
      },
      async read() {
        return { revision: String(revision++), opaqueRevision: true, entries: entriesOf(this.content) }
      },
    }))
  }

  #entriesOf({ keys, isSecret }: SourceContent): FileEntry[] {
    return keys
      .filter(({ key }) => key !== SHARE_KEY && this.#keys.takes(key))
      .map(({ key, bytes }) => ({ key, bytes, secret: isSecret, format: this.#formats.formatOf(key) }))
  }
}

function isCanary({ keys }: SourceContent): boolean {
  return keys.some(({ key }) => key === SHARE_KEY)
}

/** What a service says of the share of a canary, which is no value of the configuration. */
function shareWarning({ name, keys }: SourceContent): Omit<Issue, 'code'>[] {
  return keys.flatMap(({ key, bytes }) => {
    const problem = key === SHARE_KEY ? shareOf(Buffer.from(bytes).toString()).problem : undefined
    return problem === undefined ? [] : [{ source: name, file: key, line: 1, message: problem }]
  })
}

/**
 * All that a result depends on, besides the names of the objects: as text, or the digest of it where it is long or
 * secret.
 */
function identityOf({ sources, before = [], variables }: Content): string {
  const contents = [...sources, ...before]
  const shape = contents.map(({ keys, isSecret }) => [isSecret, keys.map(({ key, bytes }) => [key, bytes.length])])
  const bytes = contents.flatMap(({ keys }) => keys.map((each) => each.bytes))
  const all = Buffer.concat([Buffer.from(JSON.stringify([sources.length, variables, shape])), ...bytes])
  const isHashed = all.length > MAX_IDENTITY || contents.some(({ isSecret }) => isSecret)
  return isHashed ? hash('sha256', all) : all.toString('latin1')
}

function replace(sources: readonly GivenSource[], contents: readonly SourceContent[]): void {
  for (const [index, source] of sources.entries()) source.content = contents[index] ?? source.content
}
