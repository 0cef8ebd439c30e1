import type { InjectionToken } from '@nestjs/common'
import type { ModulesContainer } from '@nestjs/core'

import { providersOf } from './app-modules.js'

/**
 * Whether a provider waits for itself. Nest does not find all circles of dependencies, and none through a promise that a
 * provider waits for. Call it once Nest has found the dependencies of all providers.
 *
 * @param awaited what providers wait for that is not among their dependencies
 */
export function dependsOnItself(
  app: ModulesContainer,
  token: InjectionToken,
  awaited: ReadonlyMap<InjectionToken, InjectionToken>,
): boolean {
  const next = providersOf(app, token)
  const seen = new Set(next)
  for (let provider = next.pop(); provider; provider = next.pop()) {
    // Nest does not wait for those of a `forwardRef()`.
    if (provider.forwardRef) continue
    const dependencies = [
      ...(provider.getCtorMetadata() ?? []),
      ...(provider.getPropertiesMetadata() ?? []).map(({ wrapper }) => wrapper),
    ]
    const promised = awaited.get(provider.token)
    if (promised !== undefined) dependencies.push(...providersOf(app, promised))
    for (const dependency of dependencies) {
      // a list of arguments may have gaps
      if (dependency?.token === token) return true
      if (!dependency || seen.has(dependency)) continue
      seen.add(dependency)
      next.push(dependency)
    }
  }
  return false
}
