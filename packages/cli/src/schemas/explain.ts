import type { Schema } from '@hot-config/core'
import type { HotConfigInstance } from '@hot-config/core/internal'

import { UsageError } from '../usage-error.js'
import { describeUnknownPath } from './describe-unknown-path.js'
import type { Core } from './load-schema.js'
import type { ExplainRequest, ExplainResult } from './messages.js'
import { sourceOf } from './source-text.js'

/** Loads a configuration as a service that starts here would, and explains the value at a path. */
export async function explain(core: Core, schema: Schema | undefined, request: ExplainRequest): Promise<ExplainResult> {
  const { path, sources, redact } = request
  const given = sources.length === 0 ? {} : { sources: sources.map((text) => sourceOf(core, text)) }
  try {
    await using config = await core.createHotConfig({ ...(schema && { schema }), ...given, redact, logger: false })
    const { namedPaths } = config as Partial<Pick<HotConfigInstance<unknown>, 'namedPaths'>>
    const unknown = namedPaths?.find(redact.map((named) => ({ what: '--redact', path: named })))
    const misspelt = unknown?.find(({ isMistake }) => isMistake)
    // it would hide nothing
    if (misspelt) throw new UsageError(describeUnknownPath(misspelt))
    const explanation = await config.explain(path)
    // a value may be of a class, which can't be sent to another process
    return { explanation: JSON.parse(JSON.stringify(explanation, withoutBigInts)) as typeof explanation }
  } catch (error) {
    if (error instanceof core.ConfigError) return { issues: error.issues }
    throw error
  }
}

function withoutBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
