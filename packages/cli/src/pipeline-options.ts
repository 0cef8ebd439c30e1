import type { FormatName, UnknownPolicy } from '@hot-config/core'

import type { PipelineOptions } from './schemas/messages.js'
import { UsageError } from './usage-error.js'

/** The options of commands that say how a service reads its sources, as the parser of arguments returns them. */
export interface PipelineFlags {
  readonly restartRequired?: readonly string[]
  readonly redact?: readonly string[]
  readonly unknown: UnknownPolicy
  readonly keys?: readonly string[]
  readonly ignore?: readonly string[]
  readonly readAs?: readonly string[]
}

const FORMATS: ReadonlySet<string> = new Set(['json', 'yaml', 'toml', 'dotenv', 'properties', 'ini', 'text'])

/** @throws {UsageError} for a format that does not exist */
export function pipelineOptionsOf(flags: PipelineFlags): PipelineOptions {
  const { keys, redact = [], restartRequired = [], unknown, ignore = [], readAs = [] } = flags
  return { redact, restartRequired, unknown, ...(keys && { keys }), ignore, formats: formatsOf(readAs) }
}

function formatsOf(texts: readonly string[]): Record<string, FormatName> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, glob = '', format = ''] = /^(.+)=(\w+)$/.exec(text) ?? []
      if (FORMATS.has(format)) return [glob, format as FormatName]
      throw new UsageError(`--read-as ${text}: expected GLOB=FORMAT, with one of ${[...FORMATS].join(', ')}`)
    }),
  )
}
