import type { DeepReadonly } from './trees/deep-readonly.js'

/**
 * Declares the type of your configuration for the adapters, once for the whole program:
 *
 * ```ts
 * declare module '@hot-config/core' {
 *   interface Register { config: InferConfig<typeof schema> }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- filled in by the program
export interface Register {}

/** The registered type of the configuration. */
export type Registered = Register extends { config: infer C } ? C : Record<string, unknown>

/** The type of `request.config`. */
export type RegisteredConfig = DeepReadonly<Registered>
