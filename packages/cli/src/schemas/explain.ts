import type { Logger, Schema } from '@hot-config/core'

import type { Core } from './load-schema.js'
import type { ExplainRequest, ExplainResult } from './messages.js'
import { sourceOf } from './source-text.js'

/** Loads a configuration as a service that starts here would, and explains the value at a path. */
export async function explain(core: Core, schema: Schema | undefined, request: ExplainRequest): Promise<ExplainResult> {
  const { path, sources, redact } = request
  const given = sources.length === 0 ? {} : { sources: sources.map((text) => sourceOf(core, text)) }
  const suggestions = new Suggestions()
  try {
    await using config = await core.createHotConfig({
      ...(schema && { schema }),
      ...given,
      redact,
      logger: suggestions,
    })
    const explanation = await config.explain(path)
    // a value may be of a class, which can't be sent to another process
    const sent = JSON.parse(JSON.stringify(explanation, withoutBigInts)) as typeof explanation
    const meant = suggestions.found.get(path)
    return { explanation: sent, ...(meant !== undefined && { meant }) }
  } catch (error) {
    if (error instanceof core.ConfigError) return { issues: error.issues }
    throw error
  }
}

/** Collects what core logs about paths that nobody knows. */
class Suggestions implements Logger {
  /** The paths that were probably meant, by the ones that were written. */
  readonly found = new Map<unknown, string>()

  info(): void {}

  warn(fields: object): void {
    const { paths, meant } = fields as { readonly paths?: readonly unknown[]; readonly meant?: readonly unknown[] }
    for (const [index, path] of paths?.entries() ?? []) {
      const each = meant?.[index]
      if (typeof each === 'string') this.found.set(path, each)
    }
  }

  error(): void {}
}

function withoutBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
