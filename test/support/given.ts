import type { Source } from '@hot-config/core'

/** A source in memory, whose content a test replaces or changes in place. */
export function given(value: unknown): Source & { value: unknown } {
  const source: Source & { value: unknown } = {
    name: 'given',
    value,
    read: async () => ({ revision: '1', entries: [{ path: [], value: source.value }] }),
  }
  return source
}
