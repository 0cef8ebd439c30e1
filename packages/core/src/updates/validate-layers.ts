import { inSlices } from '../async/slices.js'
import type { ContentWarning } from '../errors/content-warning.js'
import { mergeLayers } from '../layers/layers.js'
import type { Layer } from '../layers/layer.js'
import { pinnedIn } from '../layers/pinned.js'
import { validate } from '../schemas/validate.js'
import type { Judged, UnknownPolicy, Validator } from '../schemas/validator.js'
import type { Redactor } from '../secrets/redactor.js'
import type { Tree } from '../trees/tree.js'

export interface ValidationParts {
  readonly redactor: Redactor
  readonly unknown: UnknownPolicy
  readonly signal: AbortSignal
}

/** A valid value, and what it was made from. */
interface ValidLayers {
  readonly value: unknown
  /** The merged layers. */
  readonly tree: Tree
  readonly warnings: readonly ContentWarning[]
  readonly overriders: ReadonlyMap<string, string>
  readonly pinnedByEnvironment: readonly string[]
}

/** What was merged before, whose unchanged parts are reused. */
interface Previous {
  readonly tree: Tree
  /** `undefined` where the value that is served is not what the tree was validated to. */
  readonly judged: Judged | undefined
}

/**
 * The stages from the layers to a valid value: merge, validate. The redactor has read the layers.
 *
 * @throws {ConfigError} with every problem
 * @throws the reason of `signal`
 */
export async function validateLayers(
  layers: readonly Layer[],
  previous: Previous | undefined,
  validator: Validator,
  { redactor, unknown, signal }: ValidationParts,
): Promise<ValidLayers> {
  const tree = await mergeLayers(layers, previous?.tree, signal)
  const subject = { tree, layers, previous: previous?.judged }
  const validated = await validate(validator, unknown, subject, redactor, signal)
  const pinned = new Set([...validated.pinnedByEnvironment, ...(await inSlices(pinnedIn(layers), signal))])
  return {
    value: validated.value,
    tree,
    warnings: [...redactor.issues(layers.flatMap((layer) => layer.warnings)), ...validated.warnings],
    overriders: validated.overriders,
    pinnedByEnvironment: redactor.paths(Array.from(pinned)),
  }
}
