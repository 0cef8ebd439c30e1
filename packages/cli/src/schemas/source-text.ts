import type { Source } from '@hot-config/core'

import type { Core } from './load-schema.js'

type Create = (core: Core, place: string) => Source

/** The kinds of `KIND:PLACE`. */
const KINDS: Readonly<Record<string, Create>> = {
  volume: (core, place) => core.volume(place),
  secret: (core, place) => core.volume(place, { secret: true }),
  file: (core, place) => core.file(place),
  dotenv: (core, place) => core.dotenv(place),
  env: (core, place) => core.env(place === '' ? {} : { prefix: place }),
}

const EXPECTED = `expected KIND:PLACE, with one of ${Object.keys(KINDS).join(', ')}, such as volume:/etc/config or env:SHOP_`

/** Returns what is wrong with a text for a source, `undefined` when it is right. */
export function problemOfSource(text: string): string | undefined {
  const [kind, place] = partsOf(text)
  if (kind === undefined || !Object.hasOwn(KINDS, kind)) return EXPECTED
  return place === '' && kind !== 'env' ? `the place is missing: ${EXPECTED}` : undefined
}

/** Creates the source that a text names, such as `volume:/etc/config`. */
export function sourceOf(core: Core, text: string): Source {
  const [kind = '', place = ''] = partsOf(text)
  const create = KINDS[kind]
  if (!create) throw new TypeError(EXPECTED)
  return create(core, place)
}

function partsOf(text: string): readonly string[] {
  if (text === 'env') return ['env', '']
  return /^([^:]+):(.*)$/s.exec(text)?.slice(1) ?? []
}
