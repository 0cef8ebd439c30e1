/**
 * Makes `instanceof` work across copies of this package. An application may load two, because of its lockfile, a
 * bundle, or as an ES module and as CommonJS. Then an error of one copy must be recognized by the class of the other.
 *
 * @param name the name of the kind, which is the same in all copies
 */
export function acrossCopies(errorClass: abstract new (...args: never[]) => Error, name: string): void {
  const mark = Symbol.for(`hot-config:${name}`)
  Object.defineProperty(errorClass.prototype, mark, { value: true })
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // A subclass inherits this function, but is not a kind of its own.
      if (this !== errorClass) return Function.prototype[Symbol.hasInstance].call(this, value)
      try {
        return typeof value === 'object' && value !== null && mark in value
      } catch {
        // A proxy can throw whatever is asked of it.
        return false
      }
    },
  })
}
