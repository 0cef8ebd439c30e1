import type { InjectionToken } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import type { ModulesContainer } from '@nestjs/core'

type AppModule = ModulesContainer extends ReadonlyMap<string, infer M> ? M : never

type AppProvider = AppModule['providers'] extends ReadonlyMap<InjectionToken, infer P> ? P : never

/** Returns the providers of all modules with this token. */
export function providersOf(app: ModulesContainer, token: InjectionToken): AppProvider[] {
  return Array.from(app.values()).flatMap(({ providers }) => providers.get(token) ?? [])
}

/** Returns the module that a `ModuleRef` belongs to. */
export function moduleOf(ref: ModuleRef, app: ModulesContainer): AppModule | undefined {
  return Array.from(app.values()).find(({ providers }) => providers.get(ModuleRef)?.instance === ref)
}

/**
 * Makes a module the last one whose shutdown hooks Nest calls, after those of all workers that still use its resources.
 * Nest calls them in the order of distances, of which global modules have the largest finite one.
 */
export function shutDownLast(ref: ModuleRef, app: ModulesContainer): void {
  const module = moduleOf(ref, app)
  if (module) module.distance = Infinity
}
