import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { CliFolder } from '../support/cli.ts'
import type { CliResult } from '../support/cli.ts'

const SCHEMA = `export default {
  log: { level: { format: ['info', 'debug'], default: 'info', env: 'LOG_LEVEL' } },
  pool: { max: { format: 'int', default: 10 }, min: { format: 'int', default: 1 } },
  db: { password: { format: String, default: '', sensitive: true }, user: { format: String, default: '' } },
}`
const SECRETS = ['correct-horse', 'battery-staple']

describe('hot-config explain', () => {
  let folder: CliFolder

  beforeEach(async () => {
    folder = await CliFolder.create({
      'config.ts': SCHEMA,
      'app.yaml': `pool:\n  max: 20\nlog: { level: debug }\ndb: { password: ${SECRETS[0]}, user: shop }\n`,
      '.env': `POOL__MAX=40\n`,
    })
    const volume = await createConfigMapVolume(`${folder.path}/volume`)
    await volume.update({ 'app.yaml': `pool: { max: 30 }\n` })
    const secret = await createConfigMapVolume(`${folder.path}/secret`)
    await secret.update({ 'db.yaml': `db: { password: ${SECRETS[1]}, user: ${SECRETS[1]} }\n` })
  })

  afterEach(() => folder[Symbol.asyncDispose]())

  async function explain(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
    const result = await folder.run(['explain', '--schema', 'config.ts', ...args], { env })
    for (const text of SECRETS) expect(result.stdout + result.stderr).not.toContain(text)
    return result
  }

  it('names the source, file, line and column of a value, and what it overrides', async () => {
    const { code, stdout, stderr } = await explain(
      '--sources file:app.yaml --sources volume:volume pool.max'.split(' '),
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^pool\.max = 30\n {2}from volume:volume app\.yaml:1:9\n/)
    expect(stdout).toMatch(/^ {2}overrides 20 from file:app\.yaml app\.yaml:2:3$/m)
  })

  it.each([
    ['pool.mx', 'pool.max'],
    ['pol.min', 'pool.min'],
    ['log.levle', 'log.level'],
    ['db.pasword', 'db.password'],
  ])('suggests for %s, which nobody knows, %s', async (path, meant) => {
    const { code, stdout } = await explain(['--sources', 'file:app.yaml', path])
    expect([code, stdout]).toEqual([1, expect.stringContaining(`, did you mean ${meant}?`)])
    const json = await explain(['--sources', 'file:app.yaml', '--json', path])
    expect(JSON.parse(json.stdout)).toMatchObject({ didYouMean: meant })
  })

  it('suggests no key of a secret, which may be a secret itself', async () => {
    const { code, stdout } = await explain(['--sources', 'secret:secret', 'db.usr'])
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^db\.usr: no source /)])
  })

  const WITHOUT_SCHEMA = ['explain', '--sources', 'file:app.yaml', '--sources', 'volume:volume']

  it.each([
    ['pool.max', 0, /^pool\.max = 30\n {2}from volume:volume app\.yaml:1:9\n {2}overrides 20 from file:app\.yaml /],
    ['db.password', 0, /^db\.password = "\[redacted\]"$/m],
    ['pool.maximum', 1, /^pool\.maximum: no source .*, did you mean pool\.max\?$/m],
    ['nothing.like.it', 1, /^nothing\.like\.it: no source [a-z ]+$/m],
  ])('explains a service without a schema: %s', async (path, exitCode, shown) => {
    const { code, stdout } = await folder.run([...WITHOUT_SCHEMA, path])
    expect([code, stdout]).toEqual([exitCode, expect.stringMatching(shown)])
  })

  it('says without a schema why a source can not be read', async () => {
    const { code, stdout } = await folder.run(['explain', '--sources', 'volume:gone', 'pool.max'])
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^volume:gone can't be read: ENOENT/)])
  })

  it.each([
    ['volume:volume', {}, 30, /^volume:/],
    ['file:app.yaml', {}, 20, /^file:/],
    ['dotenv:.env', {}, 40, /^dotenv:/],
    ['env:', { POOL__MAX: '50' }, 50, /^env/],
    ['env', { POOL__MAX: '50' }, 50, /^env/],
    ['env:SHOP_', { SHOP_POOL__MAX: '60' }, 60, /^env:SHOP_/],
  ])('reads the source %s', async (source, env, value, name) => {
    const { code, stdout } = await explain(['--sources', source, '--json', 'pool.max'], env)
    expect(JSON.parse(stdout)).toMatchObject({ value, source: expect.stringMatching(name), isDefault: false })
    expect(code).toBe(0)
  })

  it('never shows a secret: of the schema, of --redact, or of the source secret', async () => {
    const file = ['--sources', 'file:app.yaml']
    for (const args of [
      [...file, 'db.password'],
      [...file, '--sources', 'secret:secret', 'db.password'],
      [...file, '--sources', 'secret:secret', 'db.user'],
      [...file, '--redact', 'db.user', 'db.user'],
    ]) {
      const { code, stdout } = await explain(args)
      expect([code, stdout]).toEqual([0, expect.stringContaining(`${args.at(-1)} = "[redacted]"`)])
      expect(stdout).not.toMatch(/"shop"\n {2}from/)
    }
  })

  it.each([
    ['db.usr', 'db.user'],
    ['usr', undefined],
  ])('shows nothing when --redact is misspelt: %s', async (redacted, meant) => {
    const { code, stdout, stderr } = await explain(['--sources', 'file:app.yaml', '--redact', redacted, 'db.user'])
    expect([code, stdout]).toEqual([2, ''])
    const hint = meant === undefined ? '' : `, did you mean ${meant}?`
    expect(stderr).toContain(`--redact ${redacted} is in neither the schema nor the configuration${hint}\n`)
  })

  it('shows nothing when --redact is misspelt for a service without a schema', async () => {
    const { code, stdout, stderr } = await folder.run([...WITHOUT_SCHEMA, '--redact', 'db.usr', 'db.user'])
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('did you mean db.user?')])
  })

  it('says what is a default of the schema, and what the environment sets', async () => {
    const byDefault = await explain(['--sources', 'file:app.yaml', 'pool.min'])
    expect(byDefault.stdout).toBe('pool.min = 1\n  default of the schema, or made by it of other values\n')
    const pinned = await explain(['--sources', 'file:app.yaml', 'log.level'], { LOG_LEVEL: 'info' })
    expect(pinned.stdout).toMatch(/^log\.level = "info"\n {2}from .*LOG_LEVEL/)
    expect(pinned.stdout).toContain('no update of a source has an effect')
    expect(pinned.stdout).toContain('overrides "debug" from file:')
  })

  it('exits with 1 for a path without a value, and for a configuration that is not valid', async () => {
    const missing = await explain(['--sources', 'file:app.yaml', 'pool.maximum'])
    expect([missing.code, missing.stdout]).toEqual([
      1,
      'pool.maximum: no source and no default of the schema has a value, did you mean pool.max?\n',
    ])
    await folder.write({ 'app.yaml': `pool:\n  max: many\n` })
    const invalid = await explain(['--sources', 'file:app.yaml', 'pool.max'])
    expect(invalid.code).toBe(1)
    expect(invalid.stdout).toMatch(/^file:app\.yaml app\.yaml:2:3 pool\.max expected a whole number$/m)
    const json = await explain(['--sources', 'file:app.yaml', '--json', 'pool.max'])
    expect(JSON.parse(json.stdout)).toMatchObject({ issues: [{ path: 'pool.max', line: 2 }] })
  })

  it.each(['vault:x', 'volume:', 'volume', 'constructor:x'])('rejects the source %j as a wrong use', async (source) => {
    const { code, stderr } = await explain(['--sources', source, 'pool.max'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^hot-config: --sources .*expected KIND:PLACE/)])
  })
})
