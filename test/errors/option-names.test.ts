import { adapt, createHotConfig, env, file, OptionError, values, volume, withFallback } from '@hot-config/core'
import { collectMetrics } from '@hot-config/core/prometheus'
import { createTestConfig } from '@hot-config/testing'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'

const config = createTestConfig({ n: 1 })
const some = values({})
const register = new Registry()

/** Whatever takes options, with the options it takes. */
const TAKERS: Record<string, [take: (options: never) => unknown, known: string]> = {
  'volume()': [(options) => volume('/etc/config', options), 'maxBytes, secret'],
  'file()': [(options) => file('/etc/app.yaml', options), 'maxBytes, secret'],
  'env()': [(options) => env(options), 'prefix, separator'],
  'withFallback()': [(options) => withFallback(some, some, options), 'patienceMs'],
  'beforeChange()': [(options) => config.beforeChange(() => undefined, options), 'timeoutMs'],
  'resource()': [(options) => config.resource('n', (n) => n, options), 'dispose, graceMs, timeoutMs'],
  'collectMetrics()': [
    (options) => collectMetrics(config, Object.assign(options, { register })),
    'register, prefix, name, labels',
  ],
  'createHotConfig()': [
    (options) => createHotConfig(Object.assign(options, { sources: some, logger: false })),
    'schema, sources, redact, restartRequired, onPendingRestart, applyDelay, recheckMs, logger, signal',
  ],
  'adapt()': [
    (options) => adapt(Object.assign(options, { sources: some, logger: false })),
    'schema, sources, redact, restartRequired, onPendingRestart, applyDelay, recheckMs, logger, signal, ' +
      'config, health, requestContext',
  ],
  'health of adapt()': [(health) => adapt({ health, sources: some, logger: false }), 'path, page'],
}

describe.each(Object.entries(TAKERS))('%s', (name, [take, known]) => {
  const given = async (options: object): Promise<unknown> => take(options as never)

  it('refuses an option that there is none of, and names those that there are', async () => {
    const place = name.startsWith('health') ? 'health.' : ''
    const refused = given({ unheardOf: true })
    await expect(refused).rejects.toThrow(OptionError)
    await expect(refused).rejects.toThrow(`${place}unheardOf: unknown option; there are ${known}`)
  })

  it('takes one that is undefined for not given', async () => {
    await expect(given({ unheardOf: undefined })).resolves.toBeDefined()
  })
})
