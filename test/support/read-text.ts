import { ConfigError, createHotConfig } from '@hot-config/core'
import type { FileEntry, Issue } from '@hot-config/core'

import { drivenSource } from './driven-source.ts'

/** What a text is read as: the value, or why it is rejected. */
export type ReadText =
  | { readonly value: Record<string, unknown>; readonly issue?: undefined }
  | { readonly issue: Issue; readonly value?: undefined }

/** Reads one file, by the key that it has in a ConfigMap. */
export async function readText(key: string, text: string, entry: Partial<FileEntry> = {}): Promise<ReadText> {
  const reading = (held: string) => ({ entries: [{ key, bytes: Buffer.from(held), ...entry }] })
  try {
    await using config = await createHotConfig({ logger: false, sources: drivenSource(text, { reading }) })
    return { value: config.current }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { issue: error.issues[0] as Issue }
  }
}
