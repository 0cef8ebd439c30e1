import type { FormatName, UnknownPolicy } from '@hot-config/core'
import { FORMAT_NAMES } from '@hot-config/core/internal'

import type { PipelineOptions } from './schemas/messages.js'
import { UsageError } from './usage-error.js'

/** The options of commands that say how a service reads its sources, as the parser of arguments returns them. */
export interface PipelineFlags {
  readonly restartRequired?: readonly string[]
  readonly redact?: readonly string[]
  readonly unknown: UnknownPolicy
  readonly emptied: PipelineOptions['emptied']
  readonly keys?: readonly string[]
  readonly ignore?: readonly string[]
  readonly readAs?: readonly string[]
}

/** @throws {UsageError} for a format that does not exist */
export function pipelineOptionsOf(flags: PipelineFlags): PipelineOptions {
  const { keys, redact = [], restartRequired = [], unknown, emptied, ignore = [], readAs = [] } = flags
  return { redact, restartRequired, unknown, emptied, ...(keys && { keys }), ignore, formats: formatsOf(readAs) }
}

function formatsOf(texts: readonly string[]): Record<string, FormatName> {
  const formats = new Map<string, FormatName>()
  for (const text of texts) {
    const [, glob = '', format = ''] = /^(.+)=(\w+)$/.exec(text) ?? []
    if (!isFormatName(format)) {
      throw new UsageError(`--read-as ${text}: expected GLOB=FORMAT, with one of ${FORMAT_NAMES.join(', ')}`)
    }
    if (formats.has(glob)) throw new UsageError(`--read-as ${text}: there is another format for ${glob}`)
    formats.set(glob, format)
  }
  return Object.fromEntries(formats)
}

function isFormatName(text: string): text is FormatName {
  return (FORMAT_NAMES as readonly string[]).includes(text)
}
