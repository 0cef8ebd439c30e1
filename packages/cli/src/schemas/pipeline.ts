import type { FileEntry, HotConfig, HotConfigOptions, Issue, Schema, Source } from '@hot-config/core'
import { FormatChoice, KeyChoice, parsePath } from '@hot-config/core/internal'
import type { HotConfigInstance } from '@hot-config/core/internal'

import type { Core } from './load-schema.js'
import type { PipelineOptions, SourceContent, ValidateRequest, ValidateResult } from './messages.js'
import { pinnedPaths, variableEntriesOf } from './pinned-paths.js'

/** A source whose content can be replaced. */
interface GivenSource extends Source {
  content: SourceContent
}

/** A configuration that is followed, with the sources that it reads. */
interface Followed {
  readonly config: HotConfig<unknown>
  readonly sources: readonly GivenSource[]
}

type Validity = { readonly issues: readonly Issue[] } | { readonly config: HotConfig<unknown> }

/** Runs the pipeline of core on content of manifests, as a service with these sources would. */
export class Pipeline {
  readonly #core: Core
  readonly #schema: Schema
  readonly #options: PipelineOptions
  readonly #keys: KeyChoice
  readonly #formats: FormatChoice
  /** The last valid content without secrets. Updating it is faster than starting anew. */
  #open: Followed | undefined

  constructor(core: Core, schema: Schema, options: PipelineOptions) {
    this.#core = core
    this.#schema = schema
    this.#options = options
    this.#keys = new KeyChoice(options.keys, options.ignore)
    this.#formats = new FormatChoice(options.formats)
    // Where this runs is not where the service runs: only what the manifests set counts.
    for (const { variable } of variableEntriesOf(schema)) Reflect.deleteProperty(process.env, variable)
  }

  async validate({ sources: contents, before, variables }: ValidateRequest): Promise<ValidateResult> {
    const validity = await this.#load(contents)
    if ('issues' in validity) return { ...validity, warnings: [], pendingRestart: [], pinned: [], places: [] }
    // the state that health and log report on; its warnings have places
    const { origin } = (validity.config as HotConfigInstance<unknown>).updater.state
    const warnings = origin?.warnings ?? []
    const trees = origin?.layers.flatMap(({ parts }) => parts.map(({ tree }) => tree)) ?? []
    const pinned = pinnedPaths(variableEntriesOf(this.#schema), trees, variables)
    if (this.#open?.config !== validity.config) await validity.config.close()

    const update = before && (await this.#update(before, contents))
    const { changes = [], pendingRestart = [] } = update ?? {}
    const shown = [...changes, ...pinned.filter(({ isSet }) => isSet)].map(({ path }) => path)
    const places = await this.#placesOf(contents, [...new Set([...shown, ...pendingRestart])])
    return { issues: [], warnings, pendingRestart, ...update, pinned, places }
  }

  /** Loads content as at the start of a service. */
  async #load(contents: readonly SourceContent[]): Promise<Validity> {
    // What is secret in one object must not hide texts in messages about another.
    const isReusable = contents.length === 1 && !contents.some(({ isSecret }) => isSecret)
    if (isReusable && this.#open) return this.#reload(this.#open, contents)
    try {
      const sources = this.#sourcesOf(contents)
      const config = await this.#create(sources, { emptied: 'accept' })
      if (isReusable) this.#open = { config, sources }
      return { config }
    } catch (error) {
      return { issues: this.#issuesOf(error) }
    }
  }

  async #reload({ config, sources }: Followed, contents: readonly SourceContent[]): Promise<Validity> {
    let issues: readonly Issue[] = []
    const unsubscribe = config.onReload(({ rejection }) => {
      issues = rejection?.issues ?? []
    })
    replace(sources, contents)
    const result = await config.reload()
    unsubscribe()
    return result === 'rejected' ? { issues } : { config }
  }

  /** Updates a service that runs the content before. `undefined` when that content is not valid. */
  async #update(
    before: readonly SourceContent[],
    contents: readonly SourceContent[],
  ): Promise<Partial<Pick<ValidateResult, 'issues' | 'changes' | 'pendingRestart'>> | undefined> {
    const { restartRequired, emptied } = this.#options
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
        pendingRestart: held.health().pendingRestart,
      }
    } catch (error) {
      this.#issuesOf(error)
      return undefined
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
      .filter(({ key }) => this.#keys.takes(key))
      .map(({ key, bytes }) => ({ key, bytes, secret: isSecret, format: this.#formats.formatOf(key) }))
  }
}

function replace(sources: readonly GivenSource[], contents: readonly SourceContent[]): void {
  for (const [index, source] of sources.entries()) source.content = contents[index] ?? source.content
}
