/**
 * State that all copies of this package in a process share, such as an ES module and a CommonJS copy.
 *
 * @param name the name of the state; its type must not change between versions that may be loaded together
 */
export function sharedState<S extends object>(name: string, create: () => S): S {
  const states = globalThis as Record<symbol, S | undefined>
  return (states[Symbol.for(`hot-config:${name}`)] ??= create())
}
