import { OptionError } from '@hot-config/core'
import {
  anyText,
  boolean,
  bytes,
  listOf,
  milliseconds,
  nested,
  oneOf,
  optionalFunction,
  paths,
  positiveMilliseconds,
  readOptions,
  recordOf,
  signal,
  text,
  withMethods,
} from '@hot-config/core/internal'
import { describe, expect, expectTypeOf, it } from 'vitest'

const table = {
  timeoutMs: milliseconds(10_000),
  maxBytes: bytes(1024),
  secret: boolean(false),
  unknown: oneOf('ignore', 'warn')('warn'),
  redact: paths([]),
  dispose: optionalFunction<(value: number) => void>(),
  health: nested({ path: text('/health'), everyMs: positiveMilliseconds(5) }, {}),
  delay: nested({ maxMs: milliseconds.required }),
}

const refusal = (options: unknown): string => {
  try {
    readOptions(options, table)
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError)
    return (error as OptionError).message
  }
  throw new Error('expected to be refused')
}

/** An object with an option that can't be read. */
const throwing = (name: string): object =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get() {
      throw new Error('hunter2')
    },
  })

describe('the reader of options', () => {
  it('fills in the defaults, for `undefined` as well, and types what it returns', () => {
    const read = readOptions({ secret: undefined, maxBytes: 5, noSuch: undefined }, table)
    expect(read).toEqual({
      timeoutMs: 10_000,
      maxBytes: 5,
      secret: false,
      unknown: 'warn',
      redact: [],
      dispose: undefined,
      health: { path: '/health', everyMs: 5 },
      delay: undefined,
    })
    expectTypeOf(read.timeoutMs).toEqualTypeOf<number>()
    expectTypeOf(read.unknown).toEqualTypeOf<'ignore' | 'warn'>()
    expectTypeOf(read.dispose).toEqualTypeOf<((value: number) => void) | undefined>()
    expectTypeOf(read.health).toEqualTypeOf<{ readonly path: string; readonly everyMs: number }>()
    expectTypeOf(read.delay).toEqualTypeOf<{ readonly maxMs: number } | undefined>()
  })

  it('accepts options of an object with a prototype', () => {
    expect(readOptions(Object.create({ secret: true }), table).secret).toBe(true)
  })

  it.each([
    [{ secrets: true }, 'secrets: unknown option (did you mean "secret"?); there are timeoutMs, maxBytes, '],
    [{ timeout: 5 }, 'timeout: unknown option (did you mean "timeoutMs"?); there are '],
    [{ maxbytes: 5 }, 'maxbytes: unknown option (did you mean "maxBytes"?); there are '],
    [{ colour: 5 }, 'colour: unknown option; there are '],
    [{ toString: 5 }, 'toString: unknown option; there are '],
    [{ health: { pth: '/x' } }, 'health.pth: unknown option (did you mean "path"?); there are path, everyMs'],
  ])('rejects the unknown name in %j', (options, message) => {
    expect(refusal(options)).toContain(message)
  })

  it.each([
    [null, 'options: expected an object with timeoutMs, maxBytes, secret, '],
    [[], 'options: expected an object with timeoutMs'],
    ['hunter2', 'got a text'],
    [5, 'got a number'],
    [undefined, 'got undefined'],
    [() => ({}), 'got a function'],
    [{ health: null }, 'health: expected an object with path, everyMs, got null'],
    [{ health: 'hunter2' }, 'health: expected an object with path, everyMs, got a text'],
    [{ health: { path: '' } }, 'health.path: expected a text that is not empty, got an empty text'],
    [{ delay: {} }, 'delay.maxMs: expected a number of milliseconds from 0 to 2147483647, got undefined'],
    [{ timeoutMs: null }, 'timeoutMs: expected a number of milliseconds from 0 to 2147483647, got null'],
    [{ timeoutMs: NaN }, 'got NaN'],
    [{ timeoutMs: Infinity }, 'got Infinity'],
    [{ timeoutMs: -1 }, 'got a negative number'],
    [{ timeoutMs: 2 ** 31 }, 'got a number'],
    [{ timeoutMs: Symbol('hunter2') }, 'got a symbol'],
    [{ maxBytes: '1mb' }, 'maxBytes: expected a whole number of bytes above 0, such as 1_048_576, got a text'],
    [{ maxBytes: 1.5 }, 'got a fraction'],
    [{ maxBytes: 0 }, 'got 0'],
    [{ secret: 'yes' }, 'secret: expected true or false, got a text'],
    [{ unknown: 'hunter2' }, 'unknown: expected "ignore" or "warn", got a text'],
    [{ redact: 'hunter2' }, 'redact: expected a list of paths such as ["log.level"], got a text'],
    [
      { redact: ['a', 5, ''] },
      'redact: expected a list of paths such as ["log.level"], got a list of a text and a number and an empty text',
    ],
    // oxlint-disable-next-line no-sparse-arrays -- a hole is what is tested
    [{ redact: [, 'a'] }, 'got a list of undefined and a text'],
    [{ dispose: {} }, 'dispose: expected a function, got an object'],
    [new Map([['secret', true]]), 'options: expected an object with timeoutMs, maxBytes, '],
    [new Date(), 'got a Date'],
    [new URL('http://hunter2'), 'got a URL'],
    [new Error('hunter2'), 'got an Error'],
    [{ health: new Set() }, 'health: expected an object with path, everyMs, got a Set'],
    [{ health: Buffer.from('hunter2') }, 'got a Uint8Array'],
  ])('rejects %o in one sentence that shows no value', (options, message) => {
    expect(refusal(options)).toContain(message)
    expect(refusal(options)).not.toContain('hunter2')
  })

  it('names an option that can not be read', () => {
    expect(refusal(throwing('timeoutMs'))).toMatch(/^timeoutMs: reading it failed/)
    expect(refusal(throwing('unheardOf'))).toMatch(/^unheardOf: reading it failed/)
    expect(refusal({ health: throwing('path') })).toMatch(/^health\.path: reading it failed/)
    expect(refusal(throwing('timeoutMs'))).not.toContain('hunter2')
  })

  it('reads signals, things with methods, lists and records', () => {
    const others = {
      signal: signal(),
      logger: withMethods<Console>('a logger', 'info', 'warn')(),
      prefix: anyText(''),
      waits: listOf(milliseconds, 'a list of times')(),
      labels: recordOf(text, 'an object of texts'),
    }
    const given = {
      signal: AbortSignal.abort(),
      logger: console,
      prefix: '',
      waits: [1, 2],
      labels: { a: 'b', c: undefined },
    }
    expect(readOptions(given, others)).toEqual({ ...given, labels: { a: 'b' } })
    for (const name of Object.keys(others)) {
      expect(() => readOptions({ [name]: null }, others)).toThrow(`${name}: expected`)
      expect(() => readOptions({ [name]: Symbol('it') }, others)).toThrow(`${name}: expected`)
    }
    expect(() => readOptions({ signal: {} }, others)).toThrow('signal: expected an AbortSignal, got an object')
    expect(() => readOptions({ logger: { info() {} } }, others)).toThrow('logger: expected a logger, got an object')
    expect(() => readOptions({ labels: { a: 5 } }, others)).toThrow('labels.a: expected')
  })
})
