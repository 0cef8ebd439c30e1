import { createAbort } from '../async/abort.js'
import { ConfigError } from '../errors/errors.js'
import { readOptions } from '../errors/option-checks.js'
import type { ContentWarning } from '../errors/content-warning.js'
import type { Layer } from '../layers/layer.js'
import { Layers } from '../layers/layers.js'
import { OPTIONS } from '../options.js'
import type { HotConfigOptions } from '../options.js'
import { createValidator } from '../schemas/create-validator.js'
import { allNames } from '../schemas/known-names.js'
import type { UnknownPolicy, Validator } from '../schemas/validator.js'
import { Redactor } from '../secrets/redactor.js'
import type { SchemaMarks } from '../secrets/redactor.js'
import { unknownPathsIn } from '../reports/named-paths.js'
import type { NamedPath } from '../reports/named-paths.js'
import type { UnknownNamedPath } from '../reports/log.js'
import type { FileEntry } from '../sources/source.js'
import { validateLayers } from '../updates/validate-layers.js'
import { rejectedByProgram } from '../updates/rejection.js'

/** What one source holds. */
interface SourceContent {
  /** The name of the source in issues and warnings. */
  readonly name: string
  readonly entries: readonly FileEntry[]
}

type ContentOptions = Pick<HotConfigOptions, 'schema' | 'redact' | 'unknown'>

const { schema, redact, unknown } = OPTIONS
const CONTENT_OPTIONS = { schema, redact, unknown }

interface ValidContent {
  /** One for each source. */
  readonly layers: readonly Layer[]
  readonly warnings: readonly ContentWarning[]
  readonly unknownPaths: readonly UnknownNamedPath[]
}

/**
 * Validates what sources hold, as a service that starts with it would, without serving it. For tools that validate
 * thousands of objects: it does not share, observe or report, and each content is validated by itself.
 */
export class ContentValidator {
  readonly #validator: Validator
  readonly #marks: SchemaMarks
  readonly #redact: readonly string[]
  readonly #unknown: UnknownPolicy
  readonly #signal = createAbort().signal
  /** A redactor that has learned nothing, for the next content. Most contents need none, and creating one takes long. */
  #unused: Redactor | undefined

  private constructor(validator: Validator, redact: readonly string[], unknown: UnknownPolicy) {
    const { sensitive, open, known } = validator
    this.#validator = validator
    this.#marks = { sensitive, open, names: known && allNames(known) }
    this.#redact = redact
    this.#unknown = unknown
  }

  /** @throws {OptionError} for invalid options, such as a `schema` that is not a schema */
  static async create(options: ContentOptions): Promise<ContentValidator> {
    const { schema, redact, unknown } = readOptions(options, CONTENT_OPTIONS)
    return new ContentValidator(await createValidator(schema), redact, unknown)
  }

  /**
   * @param named paths that the service names, to find those that neither the schema nor the content has
   * @throws {ConfigError} with every problem
   */
  async validate(sources: readonly SourceContent[], named: readonly NamedPath[] = []): Promise<ValidContent> {
    const redactor = this.#takeRedactor()
    const results = sources.map(({ name, entries }) => ({ name, reading: { revision: '', entries } }))
    const parts = { redactor, unknown: this.#unknown, signal: this.#signal }
    try {
      const layers = await new Layers(redactor).parse(results, this.#validator, this.#signal)
      redactor.readLater(layers)
      const { warnings, value, tree } = await validateLayers(layers, undefined, this.#validator, parts)
      const unknownPaths = unknownPathsIn(named, this.#validator.known, [value, tree], redactor)
      if (redactor.forgetUnread()) this.#unused = redactor
      return { layers, warnings, unknownPaths }
    } catch (error) {
      if (error instanceof ConfigError) throw error
      throw rejectedByProgram(redactor, { code: 'HOT_CONFIG_SCHEMA', what: 'unexpected failure', error })
    }
  }

  /** Returns one that knows no secret: what is secret in one content must not hide texts in messages about another. */
  #takeRedactor(): Redactor {
    const unused = this.#unused
    this.#unused = undefined
    if (unused) return unused
    const redactor = new Redactor(this.#redact)
    redactor.add(this.#marks)
    return redactor
  }
}
