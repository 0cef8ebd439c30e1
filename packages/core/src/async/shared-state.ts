/**
 * State that all copies of this package in a process share, such as an ES module and a CommonJS copy.
 *
 * @param name of the state; what it holds must not change between versions that may meet
 */
export function sharedState<S extends object>(name: string, create: () => S): S {
  const states = globalThis as Record<symbol, S | undefined>
  return (states[Symbol.for(`hot-config:${name}`)] ??= create())
}
