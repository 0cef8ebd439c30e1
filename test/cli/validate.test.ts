import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { CLI, CliFolder, configMapManifest, runCli } from '../support/cli.ts'
import { hasPermissions, withinPermissions } from '../support/permissions.ts'
import { ProgramFolder } from '../support/program.ts'

const SCHEMA = `
export default {
  log: { level: { format: ['info', 'debug'], default: 'info', env: 'LOG_LEVEL' } },
  pool: { max: { format: 'int', default: 1 } },
  db: { password: { format: String, default: '', sensitive: true } },
}
`

const example = (name: string): string =>
  readFileSync(new URL(`../../examples/kubernetes/${name}`, import.meta.url), 'utf8')

const BAD = configMapManifest('shop-config', { 'app.yaml': '# the log\nlog:\n  level: verbose\npool:\n  max: many\n' })
const GOOD = configMapManifest('shop-config', { 'app.yaml': 'log:\n  level: debug\npool:\n  max: 5\n' })

interface Found {
  readonly level: string
  readonly rule: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path?: string
  readonly message: string
}

/** Runs `validate --json` on one manifest. */
async function findingsIn(manifest: string, args: readonly string[] = [], schema = SCHEMA): Promise<Found[]> {
  await using folder = await CliFolder.create({ 'config.mjs': schema, 'manifest.yaml': manifest })
  const { stdout } = await folder.run(['validate', '--json', '--schema', 'config.mjs', ...args, 'manifest.yaml'])
  return (JSON.parse(stdout) as { findings: Found[] }).findings
}

describe('hot-config validate', () => {
  it('shows each problem with the line of the manifest, and exits with 1', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'shop.yaml': BAD })
    const { code, stdout } = await folder.run(['validate', '--schema', './config.mjs', 'shop.yaml'])
    expect(stdout.split('\n')).toEqual([
      'shop.yaml:9:7 log.level must be one of the possible values: ["info","debug"]',
      expect.stringMatching(/^shop\.yaml:11:7 pool\.max expected/),
      '1 object checked: 2 problems',
      '',
    ])
    expect(code).toBe(1)
  })

  it('accepts the example of the repository with its schema in TypeScript, and exits with 0', async () => {
    const schema = `
      enum Level { info = 'info', debug = 'debug' }
      export const schema = {
        log: { level: { format: Object.values(Level), default: Level.info as Level } },
        pool: { max: { format: 'int', default: 1 } },
      }`
    await using folder = await CliFolder.create({ 'config.ts': schema, 'config-map.yaml': example('config-map.yaml') })
    const { code, stdout } = await folder.run(['validate', '--schema', 'config.ts', 'config-map.yaml'])
    expect([code, stdout]).toEqual([0, '1 object checked: no problems\n'])
  })

  it('reads standard input, folders, lists and several documents', async () => {
    const list = JSON.stringify({ kind: 'List', items: [{ kind: 'ConfigMap', metadata: { name: 'b' }, data: {} }] })
    const files = { 'config.mjs': SCHEMA, 'k8s/a.yaml': `${GOOD}---\n${GOOD}`, 'k8s/deep/b.json': list }
    await using folder = await CliFolder.create(files)
    const result = await folder.run(['validate', '--schema', 'config.mjs', 'k8s', '-'], { input: BAD })
    expect(result.stdout).toContain('stdin:9:7 log.level ')
    expect(result.stdout).toContain('4 objects checked: 2 problems')
  })

  it.each([
    ['its schema', BAD],
    ['the format of a key', configMapManifest('shop-config', { 'app.yaml': 'log: {' })],
  ])('says that it shows no changes where the content before does not match %s', async (_, before) => {
    const pool = configMapManifest('shop-config', { 'pool.max': '6' })
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'old.yaml': before, 'new.yaml': pool })
    const args = ['validate', '--schema', 'config.mjs', '--against', 'old.yaml', 'new.yaml']
    const { code, stdout } = await folder.run(args)
    const note = 'new.yaml:5:1 note: what changes is not shown, because the content before is not valid'
    expect([code, stdout.split('\n')]).toEqual([0, [note, '1 object checked: no problems, 0 changes', '']])
  })

  it.each([
    ['a pipe of the shell', '<(cat new.yaml)', /^\/dev\/fd\/\d+:/],
    ['the name of standard input', '/dev/stdin < new.yaml', /^\/dev\/stdin:/],
    ['the name of standard input, which is a pipe', '/dev/stdin < <(cat new.yaml)', /^\/dev\/stdin:/],
    ['a named pipe', 'pipe & cat new.yaml > pipe; wait $!', /^pipe:/],
    ['a file, beside a pipe of the shell', 'new.yaml --against <(cat old.yaml)', /^new\.yaml:/],
  ])('reads a manifest from %s, with a library of the schema behind a link', async (_, rest, place) => {
    await using folder = new ProgramFolder()
    await folder.write({ 'config.mjs': SCHEMA, 'old.yaml': GOOD, 'new.yaml': BAD })
    const script = `mkfifo pipe; "$0" "$1" validate --schema config.mjs ${rest}`
    const failed = await promisify(execFile)('bash', ['-c', script, process.execPath, CLI], {
      cwd: folder.path,
    }).catch((error: unknown) => error)
    expect(failed).toMatchObject({
      code: 1,
      stderr: '',
      stdout: expect.stringContaining('1 object checked: 2 problems') as string,
    })
    expect((failed as { stdout: string }).stdout).toMatch(place)
  })

  it.runIf(hasPermissions)('says which folder of manifests it must not read', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'k8s/deep/a.yaml': GOOD })
    await chmod(join(folder.path, 'k8s/deep'), 0o000)
    const [command, ...args] = [...withinPermissions, process.execPath, CLI]
    const failed = await promisify(execFile)(command, [...args, 'validate', '--schema', 'config.mjs', 'k8s'], {
      cwd: folder.path,
    }).catch((error: unknown) => error)
    await chmod(join(folder.path, 'k8s/deep'), 0o755)
    expect(failed).toMatchObject({ code: 2, stderr: "hot-config: k8s can't be read: EACCES\n" })
  })

  it('validates the named objects alone, each with its schema, and merges those joined by a plus', async () => {
    const input = [
      configMapManifest('shop', { 'app.yaml': 'url: https://x' }),
      configMapManifest('shop-secret', { 'app.yaml': 'token: x' }),
      configMapManifest('other', { 'nginx.conf': 'server {}' }),
    ].join('---\n')
    const required = `export default (input) => {
      const missing = ['url', 'token'].filter((name) => !(name in input))
      if (missing.length > 0) throw new Error('missing ' + missing)
      return input
    }`
    await using folder = await CliFolder.create({ 'both.mjs': required })
    const alone = await folder.run(['validate', '--schema', 'both.mjs', '--name', 'shop', '-'], { input })
    expect([alone.code, alone.stdout]).toEqual([
      1,
      expect.stringContaining('missing token\n1 object checked: 1 problem'),
    ])
    const merged = await folder.run(['validate', '--schema', 'shop+shop-secret=both.mjs', '-'], { input })
    expect([merged.code, merged.stdout]).toEqual([0, '2 objects checked: no problems\n'])
  })

  it('merges a ConfigMap and a Secret of one name, which are named with their kinds', async () => {
    const input = [
      configMapManifest('shop', { 'app.yaml': 'log: { level: debug }' }),
      'kind: Secret\nmetadata: { name: shop }\nstringData: { db.yaml: "db: { password: x }" }\n',
    ].join('---\n')
    const both = `export default ({ log, db }) => {
      if (log?.level !== 'debug' || db?.password !== 'x') throw new Error('has only one of them')
      return { log, db }
    }`
    await using folder = await CliFolder.create({ 'both.mjs': both })
    const names = 'configmap/shop+secret/shop'
    const merged = await folder.run(['validate', '--schema', `${names}=both.mjs`, '-'], { input })
    expect([merged.code, merged.stdout]).toEqual([0, '2 objects checked: no problems\n'])
    const named = await folder.run(['validate', '--schema', 'both.mjs', '--name', names, '-'], { input })
    expect([named.code, named.stdout]).toEqual([0, '2 objects checked: no problems\n'])
    const alone = await folder.run(['validate', '--schema', 'both.mjs', '--name', 'secret/shop', '-'], { input })
    expect([alone.code, alone.stdout]).toEqual([1, expect.stringContaining('1 object checked: 1 problem')])
    const none = await folder.run(['validate', '--schema', 'secret/x=both.mjs', '-'], { input })
    const there = 'the input has no Secret with the name x; there are: ConfigMap shop, Secret shop'
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining(there)])
  })

  it('validates with --name by the schema of that name, whatever other schemas there are', async () => {
    const input = `${configMapManifest('a', { 'app.yaml': 'x: 1' })}---\n${configMapManifest('b', { 'app.yaml': 'x: 1' })}`
    const rejecting = (name: string): string => `export default () => { throw new Error('rejected by ${name}') }`
    await using folder = await CliFolder.create({ 'a.mjs': rejecting('a'), 'all.mjs': rejecting('all') })
    const args = ['validate', '--schema', 'a=a.mjs', '--schema', 'all.mjs', '-']
    const [a, b] = [
      await folder.run([...args, '--name', 'a'], { input }),
      await folder.run([...args, '--name', 'b'], { input }),
    ]
    expect(a.stdout).toMatch(/rejected by a\n1 object checked: 1 problem/)
    expect(b.stdout).toMatch(/rejected by all\n1 object checked: 1 problem/)
    const none = await folder.run(['validate', '--schema', 'a=a.mjs', '--name', 'b', '-'], { input })
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('b has no schema: write --schema b=FILE')])
  })

  it('finds an object by its name without the hash of kustomize', async () => {
    const input = BAD.replace('name: shop-config', 'name: shop-config-2h5c7kb4gt')
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA })
    const result = await folder.run(['validate', '--schema', 'shop-config=config.mjs', '-'], { input })
    expect(result.stdout).toContain('stdin:9:7 log.level')
    expect(result.stdout).toMatch(/warning: ConfigMap shop-config-2h5c7kb4gt has a hash in its name/)
  })

  it('is not affected by the variables of the machine that runs it', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'shop.yaml': BAD })
    const env = { LOG_LEVEL: 'info' }
    const { stdout } = await folder.run(['validate', '--schema', 'config.mjs', 'shop.yaml'], { env })
    expect(stdout).toContain('log.level must be one of')
  })

  it('chooses keys and their formats as the options of volume() do', async () => {
    const manifest = configMapManifest('a', { 'app.conf': '[log]\nlevel = loud', 'nginx.cfg': '{', 'a.yaml': '}' })
    const args = ['--ignore', '*.cfg', '--ignore', 'a.yaml', '--read-as', '*.conf=ini']
    expect(await findingsIn(manifest, args)).toMatchObject([{ path: 'log.level', line: 8 }])
  })
})

describe('the warnings of hot-config validate', () => {
  const workload = example('deployment.yaml')
  const together = (deployment: string): string => `${GOOD}---\n${deployment}`

  it.each([
    { what: 'a name that the schema does not know', input: GOOD.replace('level:', 'levle:'), rule: 'content' },
    {
      what: 'a mount with subPath',
      input: together(workload.replace('mountPath: /etc/config', '$&\n              subPath: app.yaml')),
      rule: 'sub-path',
    },
    {
      what: 'variables from all keys',
      input: together(workload.replace('env:', 'envFrom: [{ configMapRef: { name: shop-config } }]\n          env:')),
      rule: 'environment',
    },
    {
      what: 'a variable from one key',
      input: together(
        workload.replace(
          'env:',
          'env:\n            - { name: A, valueFrom: { configMapKeyRef: { name: shop-config, key: a } } }',
        ),
      ),
      rule: 'environment',
    },
    {
      what: 'a variable that overrides a path',
      input: together(workload.replace('env:', 'env:\n            - { name: LOG_LEVEL, value: info }')),
      rule: 'pinned',
    },
    { what: 'an object that the file has twice', input: `${GOOD}---\n${GOOD}`, rule: 'repeated' },
    { what: 'an object that never changes', input: `${GOOD}immutable: true\n`, rule: 'immutable' },
    {
      what: 'a hash in the name',
      input: together(workload).replaceAll('name: shop-config', 'name: shop-config-2h5c7kb4gt'),
      rule: 'name-hash',
    },
  ])('name $what, and fail the command only with --strict', async ({ input, rule }) => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA })
    const args = ['validate', '--schema', 'config.mjs', '--json', '-']
    const result = await folder.run(args, { input })
    const { findings } = JSON.parse(result.stdout) as { findings: Found[] }
    expect(findings.filter(({ level }) => level === 'warning').map((finding) => finding.rule)).toEqual([rule])
    expect(result.code).toBe(0)
    expect((await folder.run([...args, '--strict'], { input })).code).toBe(1)
  })

  it('do not name workloads that use another object, or the whole volume', async () => {
    const other = workload
      .replace('name: shop-config', 'name: other')
      .replace('env:', 'env:\n            - name: LOG_LEVEL')
    const findings = await findingsIn(`${together(workload)}---\n${other}`)
    expect(findings).toEqual([])
  })
})

describe('the manifest of a canary', () => {
  const canary = (share: string): string =>
    `kind: ConfigMap\nmetadata: { name: shop-config-canary }\ndata:\n  hot-config.share: ${share}\n  app.yaml: 'pool: { max: 50 }'\n`

  it('is accepted, since its share is no value of the configuration', async () => {
    const names = ['config-map.yaml', 'canary.yaml']
    const manifests = Object.fromEntries(names.map((name) => [`k8s/${name}`, example(name)]))
    const files = { 'config.mjs': SCHEMA.replace(", env: 'LOG_LEVEL'", ''), ...manifests }
    await using folder = await CliFolder.create(files)
    const { code, stdout } = await folder.run(['validate', '--schema', 'config.mjs', '--unknown', 'reject', 'k8s'])
    expect([code, stdout]).toEqual([0, '2 objects checked: no problems\n'])
  })

  it.each([`'10 percent'`, `'10'`, `'101%'`, `''`])('has a warning for the share %s', async (share) => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'canary.yaml': canary(share) })
    const { code, stdout } = await folder.run(['validate', '--schema', 'config.mjs', 'canary.yaml'])
    expect(stdout).toMatch(/^canary\.yaml:4:\d+ warning: hot-config\.share: expected a percentage from 0% to 100%/m)
    expect(code).toBe(0)
  })

  it('may be emptied, and changes without its share', async () => {
    const files = {
      'config.mjs': SCHEMA,
      'old.yaml': canary("'10%'"),
      'more.yaml': canary("'50%'"),
      'none.yaml': 'kind: ConfigMap\nmetadata: { name: shop-config-canary }\ndata: {}\n',
    }
    await using folder = await CliFolder.create(files)
    const run = (file: string) => folder.run(['validate', '--schema', 'config.mjs', '--against', 'old.yaml', file])
    expect(await run('none.yaml')).toMatchObject({ code: 0 })
    const { code, stdout } = await run('more.yaml')
    expect(stdout).not.toContain('hot-config')
    expect(code).toBe(0)
  })
})

describe('hot-config validate --against', () => {
  const secret = (text: string): string =>
    `kind: Secret\nmetadata: { name: keys }\nstringData:\n  app.yaml: |\n    db: { password: ${text} }\n`

  it('shows what changes, without secrets, and what waits for a restart', async () => {
    const before = `${GOOD}---\n${secret('hunter2-before')}`
    const after = `${GOOD.replace('max: 5', 'max: 6').replace('debug', 'info')}---\n${secret('hunter2-after')}`
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'old.yaml': before, 'new.yaml': after })
    const args = ['--schema', 'config.mjs', '--against', 'old.yaml', '--restart-required', 'pool', 'new.yaml']
    const { code, stdout } = await folder.run(['validate', ...args])
    expect(stdout).toContain('new.yaml:9:5 pool warning: changes only with a restart of the pods')
    expect(stdout).toContain('new.yaml:10:7 pool.max changes from 5 to 6')
    expect(stdout).toContain('new.yaml:8:7 log.level changes from "debug" to "info"')
    expect(stdout).toMatch(/db.*changes from "\[redacted\]" to "\[redacted\]"/)
    expect(stdout).not.toContain('hunter2')
    expect(code).toBe(0)
  })

  const PIN = configMapManifest('shop-config', { 'app.yaml': 'db: { pin: first-1 }\npool: { max: 5 }\n' })
  const PIN_SCHEMAS = {
    'config.mjs': `export default { db: { pin: { format: String, default: '' } }, pool: { max: { format: 'int', default: 1 } } }`,
    'any.mjs': 'export default (input) => input',
  }

  it.each([
    ['config.mjs', ['--redact', 'db.pinn'], '--redact db.pinn', 'db.pin'],
    ['config.mjs', ['--redact', 'pin'], '--redact pin', undefined],
    [
      'config.mjs',
      ['--redact', 'db.pin', '--restart-required', 'pool.maxx'],
      '--restart-required pool.maxx',
      'pool.max',
    ],
    ['any.mjs', ['--redact', 'db.pinn'], '--redact db.pinn', 'db.pin'],
  ])('shows no changes when an option names a path that nobody has: %s %s', async (schema, args, option, meant) => {
    await using folder = await CliFolder.create({
      ...PIN_SCHEMAS,
      'old.yaml': PIN,
      'new.yaml': PIN.replace('first-1', 'second-2'),
    })
    const { code, stdout } = await folder.run([
      'validate',
      '--schema',
      schema,
      '--against',
      'old.yaml',
      ...args,
      'new.yaml',
    ])
    const hint = meant === undefined ? '' : `, did you mean ${meant}?`
    expect(stdout).toContain(`new.yaml:5:1 ${option} is in neither the schema nor the configuration${hint}\n`)
    expect(stdout).not.toMatch(/first-1|second-2|changes/)
    expect(code).toBe(1)
  })

  it('only warns of a path that another source may have, and says it once', async () => {
    const two = `${PIN}---\n${PIN.replace('shop-config', 'other-config')}`
    await using folder = await CliFolder.create({ ...PIN_SCHEMAS, 'new.yaml': two })
    const args = ['--schema', 'any.mjs', '--redact', 'vault.code', '--redact', 'db.*', '--redact', '**.pin']
    const { code, stdout } = await folder.run(['validate', ...args, 'new.yaml'])
    expect(stdout.match(/vault\.code is in neither the schema/g)).toHaveLength(1)
    expect(stdout).toContain('2 objects checked: no problems, 1 warning')
    expect(code).toBe(0)
  })

  it('compares objects whose hashes of kustomize differ, and says what is new', async () => {
    const hashed = (hash: string): string => GOOD.replace('name: shop-config', `name: shop-config-${hash}`)
    const after = `${hashed('2h5c7kb4gt').replace('max: 5', 'max: 6')}---\n${secret('hunter2')}`
    await using folder = await CliFolder.create({
      'config.mjs': SCHEMA,
      'old.yaml': hashed('tgkb4m5c7h'),
      'new.yaml': after,
    })
    const { code, stdout } = await folder.run([
      'validate',
      '--schema',
      'config.mjs',
      '--against',
      'old.yaml',
      'new.yaml',
    ])
    expect(stdout).toContain('pool.max changes from 5 to 6')
    expect(stdout).toMatch(/new\.yaml:\d+:1 note: Secret keys is new: old\.yaml has none/)
    expect(code).toBe(0)
  })

  it('shows the first 1,000 changes, and counts the others', async () => {
    const manifest = (n: number): string => {
      const lines = Array.from({ length: 1_200 }, (_, index) => `item${index}: ${n}\n`)
      return configMapManifest('shop-config', { 'app.yaml': lines.join('') })
    }
    const schema = 'export default (input) => input'
    await using folder = await CliFolder.create({
      'config.mjs': schema,
      'old.yaml': manifest(1),
      'new.yaml': manifest(2),
    })
    const args = ['validate', '--schema', 'config.mjs', '--against', 'old.yaml', 'new.yaml']
    const lines = (await folder.run(args)).stdout.split('\n')
    expect(lines.filter((line) => line.includes('changes from 1 to 2'))).toHaveLength(1_000)
    expect(lines.slice(1_000)).toEqual(['and 200 more changes', '1 object checked: no problems, 1200 changes', ''])
    const { changes, omittedChanges } = JSON.parse((await folder.run([...args, '--json'])).stdout) as {
      changes: unknown[]
      omittedChanges: number
    }
    expect([changes.length, omittedChanges]).toEqual([1_000, 200])
  })

  it.each(['reject', 'accept'])('treats an update that takes everything away as --emptied %s says', async (policy) => {
    const after = 'kind: ConfigMap\nmetadata: { name: shop-config }\ndata: {}\n'
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'old.yaml': GOOD, 'new.yaml': after })
    const args = ['validate', '--schema', 'config.mjs', '--against', 'old.yaml', '--emptied', policy, 'new.yaml']
    expect((await folder.run(args)).code).toBe(policy === 'reject' ? 1 : 0)
  })

  it('rejects an update that takes everything away, as a service does', async () => {
    const after = 'kind: ConfigMap\nmetadata: { name: shop-config }\ndata: {}\n'
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'old.yaml': GOOD, 'new.yaml': after })
    const result = await folder.run([
      'validate',
      '--schema',
      'config.mjs',
      '--against',
      'old.yaml',
      'new.yaml',
      '--json',
    ])
    expect(JSON.parse(result.stdout)).toMatchObject({
      valid: false,
      findings: [{ level: 'error', rule: 'emptied' }, {}],
    })
    expect(result.code).toBe(1)
  })
})

describe('a manifest that Kubernetes rejects', () => {
  const map = (data: string): string => `kind: ConfigMap\nmetadata:\n  name: a\ndata:\n${data}`

  it.each([
    ['a number', map('  PORT: 80\n'), '5:3', 'data.PORT must be text'],
    ['a boolean of YAML 1.1', map('  FLAG: yes\n'), '5:3', 'data.FLAG must be text'],
    ['a mapping', map('  app.yaml:\n    a: 1\n'), '5:3', 'data.app.yaml must be text'],
    ['an invalid key', map('  "a b": x\n'), '5:3', 'data.a b is no valid key'],
    ['a key that a volume has for itself', map('  ..data: x\n'), '5:3', 'data...data is no valid key'],
    ['a key of two fields', `${map('  a: x\n')}binaryData: { a: YQ== }\n`, '6:15', 'binaryData.a is in data as well'],
    ['data that is a list', 'kind: ConfigMap\nmetadata: { name: a }\ndata: [a]\n', '3:7', 'data must be a mapping'],
    [
      'data that is text',
      'kind: Secret\nmetadata: { name: a }\nstringData: a\n',
      '3:13',
      'stringData must be a mapping',
    ],
    ['no name', 'kind: ConfigMap\ndata: { a: x }\n', '1:1', 'has no name: write metadata.name'],
    ['a name in capitals', map('  a: x\n').replace('name: a', 'name: Shop'), '1:1', 'metadata.name is no valid name'],
    [
      'a name of two lines',
      map('  a: x\n').replace('name: a', 'name: "a\\nb"'),
      '1:1',
      'metadata.name is no valid name',
    ],
    ['no base64', 'kind: Secret\nmetadata: { name: a }\ndata:\n  a: "$$"\n', '4:3', 'data.a must be base64'],
    [
      'blanks and no base64',
      `kind: Secret\nmetadata: { name: a }\ndata:\n  a: "${' '.repeat(300_000)}$"\n`,
      '4:3',
      'data.a must be base64',
    ],
    ...['AAA', 'A', 'AA=', 'A A A=', 'AA==AA==', '====', 'AA-_', 'AAAA\tBBBB', '=', 'AAAA==', 'hunter2'].map(
      (text): [string, string, string, string] => [
        `base64 that the API server rejects: ${JSON.stringify(text)}`,
        `kind: Secret\nmetadata: { name: a }\ndata:\n  a: ${JSON.stringify(text)}\n`,
        '4:3',
        'data.a must be base64; text belongs below stringData',
      ],
    ),
    ...['y', 'No', 'on', 'TRUE', '010', '0x1F', '1e3', '1_0', '1.10', '1.0', 'null'].map(
      (key): [string, string, string, string] => [
        `a key that Kubernetes changes: ${key}`,
        map(`  ${key}: "1"\n`),
        '5:3',
        `data.${key} is another key for Kubernetes, which reads it as a number, a boolean or nothing: quote it`,
      ],
    ),
    ...['123', '1e3', 'on', 'no'].map((name): [string, string, string, string] => [
      `a name that is no text: ${name}`,
      map('  a: x\n').replace('name: a', `name: ${name}`),
      '1:1',
      'metadata.name must be text, and Kubernetes reads it as a number or a boolean: quote it',
    ]),
    ['no YAML', map('  a: "x\n'), '6:1', 'is not YAML'],
    ['a key twice', map('  a: x\n  a: y\n'), '6:3', 'is not YAML: the same key twice'],
    [
      'too much',
      map(`  a: ${'x'.repeat(2 ** 20 + 1)}\n`),
      '1:1',
      'has 1048577 bytes, and Kubernetes accepts at most 1048576',
    ],
  ])('is a problem: %s', async (_, manifest, place, message) => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'a.yaml': manifest })
    const { code, stdout } = await folder.run(['validate', '--schema', 'config.mjs', 'a.yaml'])
    expect(stdout).toContain(`a.yaml:${place} ${message}`)
    expect(code).toBe(1)
  })
})

it.each(['AAAA', 'AAAA\nBBBB\n', 'AAA=', 'AAB=', 'AA\r\nAA', ''])(
  'accepts base64 as the API server does: %j',
  async (text) => {
    const found = await findingsIn(`kind: Secret\nmetadata: { name: a }\ndata:\n  a.bin: ${JSON.stringify(text)}\n`, [
      '--ignore',
      '*.bin',
    ])
    expect(found.filter(({ level }) => level === 'error')).toEqual([])
  },
)

it('accepts keys that Kubernetes keeps as they are', async () => {
  const keys = ['8080', '0', '1.5', 'true', '"y"', "'1.10'", '2001-01-01', 'yEs', '1e']
  const found = await findingsIn(
    `kind: ConfigMap\nmetadata: { name: a }\ndata:\n${keys.map((key) => `  ${key}: x\n`).join('')}`,
  )
  expect(found.filter(({ level }) => level === 'error')).toEqual([])
})

describe('the report', () => {
  it('is a list of workflow commands for GitHub', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'a,b.yaml': BAD })
    const { stdout } = await folder.run(['validate', '--schema', 'config.mjs', '--format', 'github', 'a,b.yaml'])
    expect(stdout).toMatch(/^::error file=a%2Cb\.yaml,line=9,col=7,title=log\.level::log\.level must be one of/)
  })

  it('is a SARIF log with the place of each problem', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'shop.yaml': BAD })
    const { stdout } = await folder.run(['validate', '--schema', 'config.mjs', '--format', 'sarif', 'shop.yaml'])
    const location = { artifactLocation: { uri: 'shop.yaml' }, region: { startLine: 9, startColumn: 7 } }
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: 'schema', level: 'error', locations: [{ physicalLocation: location }] }, {}] }],
    })
  })

  it('has colours only where they are wanted', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'shop.yaml': BAD })
    const args = ['validate', '--schema', 'config.mjs', 'shop.yaml']
    const [plain, forced, none] = await Promise.all([
      folder.run(args),
      folder.run(args, { env: { FORCE_COLOR: '1' } }),
      folder.run(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
    ])
    expect([plain, forced, none].map(({ stdout }) => stdout.includes('\u001b['))).toEqual([false, true, false])
  })

  it('has nothing that a terminal would act on', async () => {
    const input = configMapManifest('a', { 'app.yaml': '"a\\e[31m": 1' })
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA })
    const { stdout } = await folder.run(['validate', '--schema', 'config.mjs', '-'], { input })
    expect(stdout).toContain('is unknown to the schema')
    expect(stdout).not.toContain('\u001b')
  })

  it.each(['text', 'json', 'github', 'sarif'])('never has a secret: %s', async (format) => {
    const value = 'hunter2-is-my-secret'
    const encoded = Buffer.from(`db:\n  password: [${value}]\n`).toString('base64')
    const input = [
      `kind: Secret\nmetadata: { name: a }\ndata:\n  app.yaml: ${encoded}\n`,
      `kind: Secret\nmetadata: { name: b }\nstringData:\n  app.yaml: |\n    ${value}: [\n`,
      `kind: Secret\nmetadata: { name: c }\nstringData:\n  log.level: ${value}\n`,
      `kind: ConfigMap\nmetadata: { name: d }\ndata:\n  app.yaml: |\n    db: { password: [${value}] }\n`,
    ].join('---\n')
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'broken.yaml': `stringData: *${value}` })
    const args = ['validate', '--schema', 'config.mjs', '--format', format]
    for (const { code, stdout, stderr } of [
      await folder.run([...args, '-'], { input }),
      await folder.run([...args, 'broken.yaml']),
      await folder.run([...args, '--against', '-', 'broken.yaml'], { input }),
    ]) {
      expect(code).toBe(1)
      expect(stdout + stderr).not.toContain('hunter2')
      expect(stdout + stderr).not.toContain(encoded)
    }
  })

  it('hides in a message what is secret in the same object, and not what is secret in another one', async () => {
    const schema = `export default (input) => {
      if (input.note) throw new Error("can't use " + input.note)
      return input
    }`
    const object = (kind: string, name: string, content: string): string =>
      `kind: ${kind}\nmetadata: { name: ${name} }\n${kind === 'Secret' ? 'stringData' : 'data'}:\n  app.yaml: "${content}"\n`
    const objects = [
      object('Secret', 'valid-secret', '{ token: rosebud-9 }'),
      object('ConfigMap', 'first', '{ note: rosebud-9 }'),
      object('ConfigMap', 'valid', '{ text: rosebud-9 }'),
      object('Secret', 'secret', '{ note: rosebud-9 }'),
      object('ConfigMap', 'last', '{ note: rosebud-9 }'),
    ]
    const findings = await findingsIn(objects.join('---\n'), [], schema)
    expect(findings.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      expect.stringContaining("can't use rosebud-9"),
      expect.stringContaining("can't use [redacted]"),
      expect.stringContaining("can't use rosebud-9"),
    ])
  })
})

describe('input that is unusual', () => {
  it('is read: a list of one kind, whose items name none, with a byte order mark and lines of Windows', async () => {
    const items = ['debug', 'loud'].map(
      (level) => `- metadata: { name: ${level} }\n  data:\n    app.yaml: |\n      log:\n        level: ${level}\n`,
    )
    const list = `\ufeffkind: ConfigMapList\nitems:\n${items.join('')}`.replaceAll('\n', '\r\n')
    const findings = await findingsIn(list)
    expect(findings.filter(({ level }) => level === 'error')).toMatchObject([{ path: 'log.level', line: 12 }])
  })

  it('is a template of Helm, and the problem says what to validate', async () => {
    const [finding] = await findingsIn('kind: ConfigMap\nmetadata: { name: {{ .Release.Name }} }\n')
    expect(finding?.message).toMatch(/^is not YAML: .*template: validate what `helm template` prints$/)
  })

  it('has one note for all objects on the paths that pods could pin', async () => {
    const all = ['a', 'b', 'c'].map((name) => GOOD.replace('shop-config', name)).join('---\n')
    const notes = (await findingsIn(all)).filter(({ rule }) => rule === 'pinned')
    expect(notes).toMatchObject([{ level: 'note', line: expect.any(Number) as number }])
  })
})

describe('the process that validates', () => {
  const NAMES = ['a', 'b', 'c', 'd']
  const manifests = NAMES.map((name, index) => (index % 2 ? BAD : GOOD).replaceAll('shop-config', name))

  it.each([
    ['one schema', ['--schema', 'config.mjs']],
    ['several schemas', ['--schema', 'a=config.mjs', '--schema', 'other.mjs']],
  ])('reports the same, from files and standard input: %s', async (_, schemas) => {
    const files = Object.fromEntries(manifests.map((text, index) => [`k8s/${NAMES[index]}.yaml`, text]))
    await using folder = await CliFolder.create({ 'config.mjs': SCHEMA, 'other.mjs': SCHEMA, ...files })
    const args = ['validate', '--json', '--against', 'k8s', ...schemas]
    const found = JSON.parse((await folder.run([...args, 'k8s'])).stdout) as { findings: Found[]; objects: number }
    const errors = found.findings
      .filter(({ level }) => level === 'error')
      .map(({ file, line, path }) => [file, line, path])
    expect(found.objects).toBe(4)
    expect(errors).toEqual(
      ['b', 'd'].flatMap((name) => [
        [`k8s/${name}.yaml`, 9, 'log.level'],
        [`k8s/${name}.yaml`, 11, 'pool.max'],
      ]),
    )
    const piped = await folder.run([...args, '-'], { input: manifests.join('---\n') })
    const { findings } = JSON.parse(piped.stdout) as { findings: Found[] }
    expect(findings.filter(({ level }) => level === 'error').map(({ path }) => path)).toEqual(
      errors.map(([, , path]) => path),
    )
  })

  it('has the time limit for each object, and not for all manifests', async () => {
    const slow = `export default async (input) => {
      await new Promise((resolve) => setTimeout(resolve, 200))
      return input
    }`
    const all = Array.from({ length: 15 }, (_, index) =>
      GOOD.replace('shop-config', `shop-${index}`).replace('max: 5', `max: ${index}`),
    ).join('---\n')
    await using folder = await CliFolder.create({ 'config.mjs': slow, 'all.yaml': all })
    const { code, stderr } = await folder.run([
      'validate',
      '--schema',
      'config.mjs',
      '--schema-timeout',
      '2500ms',
      'all.yaml',
    ])
    expect([code, stderr]).toEqual([0, ''])
  })
})

describe('a wrong use', () => {
  it.each([
    ['without a schema', ['validate', 'a.yaml'], /required option '--schema/],
    [
      'of a file that does not exist',
      ['validate', '--schema', 'config.mjs', 'no.yaml'],
      /no\.yaml can't be read: it does/,
    ],
    ['of a schema that does not exist', ['validate', '--schema', 'no.ts', 'a.yaml'], /schema no\.ts does not exist/],
    [
      'of a name that does not exist',
      ['validate', '--schema', 'x=config.mjs', 'a.yaml'],
      /name x; there are: shop-config/,
    ],
    ['of an option', ['validate', '--schema', 'config.mjs', '--aginst', 'a.yaml'], /Did you mean --against/],
    ['of a format', ['validate', '--schema', 'config.mjs', '--format', 'xml', 'a.yaml'], /Allowed choices are text/],
    ['of input without ConfigMaps', ['validate', '--schema', 'config.mjs', 'role.yaml'], /no ConfigMap and no Secret/],
    ['of empty input', ['validate', '--schema', 'config.mjs', '-'], /stdin is empty/],
    ['of a misspelt option that is required', ['validate', '--shema', 'config.mjs', 'a.yaml'], /Did you mean --schema/],
    ['of a folder as the schema', ['validate', '--schema', '.', 'a.yaml'], /schema \. is a folder: expected a file/],
    ['of a schema of another kind', ['validate', '--schema', 'a.yaml', 'a.yaml'], /expected a file that ends in \.ts/],
    ['of a name that no object can have', ['schema', '--schema', 'config.mjs', '--name', 'A b'], /no valid name/],
    ['of a command', ['valdate'], /Did you mean validate/],
  ])('exits with 2 and says what to do: %s', async (_, args, message) => {
    const files = { 'config.mjs': SCHEMA, 'a.yaml': GOOD, 'role.yaml': example('role.yaml') }
    await using folder = await CliFolder.create(files)
    const { code, stdout, stderr } = await folder.run(args)
    expect(stderr).toMatch(message)
    expect([code, stdout]).toEqual([2, ''])
  })

  it('shows the commands without any, and examples in the help of each', async () => {
    expect(await runCli([])).toMatchObject({ code: 2, stderr: expect.stringContaining('validate') as string })
    const help = await runCli(['validate', '--help'])
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('$ hot-config validate --schema') as string })
  })
})
