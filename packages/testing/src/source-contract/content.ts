import { inspect } from 'node:util'

import type { Reading } from '@hot-config/core'

/** Returns the entries of a reading as text, to compare readings. The order of the entries does not matter. */
export function contentOf({ entries }: Reading): string {
  return entries
    .map((entry) =>
      'bytes' in entry
        ? `${entry.key}: ${JSON.stringify(Buffer.from(entry.bytes).toString('latin1'))}`
        : `${JSON.stringify(entry.path)}: ${show(entry.value)}`,
    )
    .sort()
    .join('\n')
}

function show(value: unknown): string {
  return inspect(value, { depth: null, sorted: true, maxArrayLength: null, maxStringLength: null })
}
