import { createHotConfig, values } from '@hot-config/core'
import type { HotConfigOptions } from '@hot-config/core'
import { instanceToPlain, plainToInstance } from 'class-transformer'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { recordingLogger } from '../support/recording-logger.ts'

class Settings {
  readonly host: string = 'a'
}

/** Has no property that a reader could see. */
class Endpoint {
  readonly #host = 'a'
  get url(): string {
    return `https://${this.#host}`
  }
}

const warningsOf = async (options: HotConfigOptions): Promise<readonly string[]> => {
  const logger = recordingLogger()
  await using _ = await createHotConfig({ sources: values({ host: 'a' }), ...options, logger })
  return logger.at('warn').map(({ message }) => message)
}

describe('an instance of a class in the configuration', () => {
  it.each<[string, unknown, string]>([
    ['as a whole', new Settings(), 'as the whole configuration'],
    ['in an object', { db: { main: new Settings() } }, 'at db.main'],
    ['in a list', { list: [1, { it: new Settings() }] }, 'at list[1].it'],
    ['in several places', { a: new Settings(), b: new Settings() }, 'at a, b'],
    ['below the name of a secret', { tokens: { hunter22: new Settings() } }, 'at tokens'],
  ])('is a warning at the start, %s', async (_where, value, place) => {
    expect(await warningsOf({ schema: () => value })).toEqual([
      `the configuration has an instance of a class ${place}, whose parts can't be compared, frozen or held back: ` +
        'return plain objects from the schema, such as { ...value } or instanceToPlain(value) of class-transformer',
    ])
  })

  it('is a warning where zod makes it', async () => {
    const schema = z.object({ host: z.string().transform(() => new Settings()) })
    expect(await warningsOf({ schema })).toEqual([expect.stringContaining('at host')])
  })

  it.each<[string, unknown]>([
    ['plain objects', { a: { b: [{ c: 1 }] }, n: null }],
    ['what instanceToPlain() returns', instanceToPlain(plainToInstance(Settings, { host: 'a' }))],
    [
      'dates, maps, bytes and others',
      [new Date(5), new Map([['a', 1]]), new Set([1]), /x/, new URL('http://a'), Buffer.from('a'), 10n, () => 1],
    ],
    ['an object with private state alone', { endpoint: new Endpoint() }],
    ['a proxy that throws', { it: new Proxy(new Settings(), { ownKeys: () => expect.fail('was read') }) }],
  ])('is not confused with %s', async (_what, value) => {
    expect(await warningsOf({ schema: () => ({ value }) })).toEqual([])
  })
})

it('a class as schema is rejected with what is expected', async () => {
  const schema = Settings as unknown as () => unknown
  const starting = createHotConfig({ schema, sources: values({}), logger: false })
  await expect(starting).rejects.toThrow('schema: expected a function that validates, got a class')
})
