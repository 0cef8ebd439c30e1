import { optionKind } from '@hot-config/core/internal'
import type { OptionKind } from '@hot-config/core/internal'
import type { InjectionToken } from '@nestjs/common'

export const injectionToken: OptionKind<InjectionToken> = optionKind(
  'an injection token: a class, a text or a symbol',
  (value) => typeof value === 'function' || typeof value === 'symbol' || (typeof value === 'string' && value !== ''),
)

/** Nest itself checks the entries of the list. */
export const list: OptionKind<unknown[]> = optionKind('a list', Array.isArray)
