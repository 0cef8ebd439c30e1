/**
 * Makes `instanceof` tell the kind of an error across copies of this package: a program may have two, by its lockfile, by a
 * bundle, or as an ES module and as CommonJS, and an error of one must be caught by the class of the other.
 *
 * @param name of the kind; the same in all copies
 */
export function acrossCopies(errorClass: abstract new (...args: never[]) => Error, name: string): void {
  const mark = Symbol.for(`hot-config:${name}`)
  Object.defineProperty(errorClass.prototype, mark, { value: true })
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // a class that extends this one inherits this function, and is no kind of its own
      if (this !== errorClass) return Function.prototype[Symbol.hasInstance].call(this, value)
      return typeof value === 'object' && value !== null && mark in value
    },
  })
}
