import { afterEach, describe, expect, it, vi } from 'vitest'

import { load } from '../support/load.ts'

afterEach(() => vi.unstubAllEnvs())

describe('a key', () => {
  it('has the folders in its path as prefix of its values', async () => {
    expect(await load({ 'services/orders/app.yaml': 'retries: 3', 'services/timeout': '10\n' })).toEqual({
      services: { orders: { retries: 3 }, timeout: '10' },
    })
  })

  it('with no known ending is one value, at the dotted path of its name', async () => {
    expect(await load({ 'log.level': 'debug', 'ca.crt': 'PEM', PLAIN: 'x', 'no-ending': 'y' })).toEqual({
      log: { level: 'debug' },
      ca: { crt: 'PEM' },
      PLAIN: 'x',
      'no-ending': 'y',
    })
  })

  it('loses one trailing newline of its value, and no more', async () => {
    const files = { a: 'x\n', b: 'x\r\n', c: 'x\n\n', d: '\n', e: '', f: ' x ' }
    expect(await load(files)).toEqual({ a: 'x', b: 'x', c: 'x\n', d: '', e: '', f: ' x ' })
  })

  it('in a flat format sets the convict entry that has its name as env', async () => {
    const schema = { db: { host: { default: '', env: 'FORMATS_TEST_DB_HOST' } }, port: { format: 'port', default: 1 } }
    for (const files of [
      { FORMATS_TEST_DB_HOST: 'pg\n' },
      { 'a.env': 'FORMATS_TEST_DB_HOST=pg' },
      { 'a.properties': 'FORMATS_TEST_DB_HOST=pg' },
      { 'a.ini': 'FORMATS_TEST_DB_HOST=pg' },
      { 'b.properties': 'FORMATS_TEST_DB_HOST pg' },
      { 'db.host': 'pg' },
    ]) {
      expect(await load({ ...files, port: '8080' }, { schema })).toEqual({ db: { host: 'pg' }, port: 8080 })
    }
  })

  it('sets every convict entry that has its name as env, as an environment variable does', async () => {
    const entry = { format: 'port', default: 1, env: 'FORMATS_TEST_PORT' }
    const schema = { http: { port: entry }, probe: { port: entry }, other: 1 }
    for (const files of [
      { FORMATS_TEST_PORT: '8080\n' },
      { 'a.env': 'FORMATS_TEST_PORT=8080' },
      { 'a.properties': 'FORMATS_TEST_PORT=8080' },
      { 'a.ini': 'FORMATS_TEST_PORT=8080' },
    ]) {
      expect(await load({ ...files }, { schema })).toEqual({ http: { port: 8080 }, probe: { port: 8080 }, other: 1 })
    }
    vi.stubEnv('FORMATS_TEST_PORT', '9090')
    expect(await load({}, { schema })).toEqual({ http: { port: 9090 }, probe: { port: 9090 }, other: 1 })
  })
})
