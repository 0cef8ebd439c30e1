/** A proxy that throws for whatever is asked of it. */
function hostileProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function throwing(thrown: unknown): () => never {
  return () => {
    throw thrown
  }
}

const throwingGetters = (...names: readonly string[]): object =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      names.map((name) => [name, { get: throwing(new Error('a getter that throws')), enumerable: true }]),
    ),
  )

/** What code of the program may throw, beside errors. */
const THROWN: Readonly<Record<string, () => unknown>> = {
  'an error': () => new Error('broken'),
  null: () => null,
  undefined: () => undefined,
  'a text': () => 'broken',
  'a symbol': () => Symbol('broken'),
  'an object without a prototype': () => Object.create(null) as unknown,
  'an object whose properties throw': () => throwingGetters('message', 'name', 'code', 'stack', 'cause', 'then'),
  'an error whose message throws': () => Object.defineProperty(new Error('x'), 'message', { get: throwing(null) }),
  'an error whose stack throws': () => Object.defineProperty(new Error('x'), 'stack', { get: throwing(null) }),
  'an object that can not be a text': () => ({ toString: throwing(null), [Symbol.toPrimitive]: throwing(null) }),
  'a revoked proxy': hostileProxy,
  'an error that is its own cause': () => {
    const error = new Error('broken')
    return Object.assign(error, { cause: error })
  },
  'an error with a number as message': () => Object.assign(new Error('x'), { message: 1 }),
}

/** Each way in which a call to code of the program goes wrong. */
export const WRONG: Readonly<Record<string, () => unknown>> = {
  'never settles': () => new Promise(() => undefined),
  ...Object.fromEntries(
    Object.entries(THROWN).flatMap(([name, make]) => [
      [`throws ${name}`, () => throwing(make())()],
      [`rejects with ${name}`, () => Promise.reject(make())],
    ]),
  ),
  'returns a promise whose then throws': () => throwingGetters('then'),
}
