import type { Format } from './format.js'

/** By the ending of a key. Each parser is loaded when the first file of its kind appears. */
const FORMATS: Record<string, () => Promise<Format>> = {
  '.json': async () => (await import('./json.js')).json,
  '.yaml': async () => (await import('./yaml.js')).yaml,
  '.yml': async () => (await import('./yaml.js')).yaml,
  '.toml': async () => (await import('./toml.js')).toml,
  '.env': async () => (await import('./dotenv.js')).dotenv,
  '.properties': async () => (await import('./properties.js')).properties,
  '.conf': async () => (await import('./properties.js')).properties,
  '.ini': async () => (await import('./ini.js')).ini,
}

/** What was loaded: importing again what is there takes longer than parsing a small file. */
const loaded = new Map<string, Format>()

/** The format that a key's ending says, `undefined` where the key is one value. */
export async function formatOf(key: string): Promise<Format | undefined> {
  const ending = key.slice(key.lastIndexOf('.')).toLowerCase()
  let format = loaded.get(ending)
  if (!format) {
    format = await FORMATS[ending]?.()
    if (format) loaded.set(ending, format)
  }
  return format
}
