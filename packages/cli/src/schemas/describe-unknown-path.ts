import type { UnknownNamedPath } from '@hot-config/core/internal'

/** Says that the path of an option exists nowhere, and which one was probably meant. */
export function describeUnknownPath({ what, path, meant }: UnknownNamedPath): string {
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`
  return `${what} ${path} is in neither the schema nor the configuration${hint}`
}
