import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { createCertificate } from '../support/certificate.ts'
import { CliFolder, configMapManifest, runCli } from '../support/cli.ts'
import { ProgramFolder } from '../support/program.ts'

const input = configMapManifest('shop', { 'app.yaml': 'port: no' })
const ENTRY = `{ port: { format: 'port', default: 80 } }`

describe('a schema', () => {
  it.each([
    ['config.ts', `export default ${ENTRY} as const`],
    ['config.ts', `enum A { b }\nexport const schema = ${ENTRY}\nexport const other = A.b`],
    ['config.mts', `export default ${ENTRY} satisfies object`],
    ['config.cts', `const schema: object = ${ENTRY}\nexport = schema`],
    ['config.cts', `export const schema = ${ENTRY}`],
    ['config.js', `module.exports = ${ENTRY}`],
    ['config.cjs', `exports.schema = ${ENTRY}`],
    ['config.mjs', `export default ${ENTRY}`],
    ['config.json', `{ "type": "object", "properties": { "port": { "type": "number" } } }`],
    ['config.mjs', `export default (input) => { throw new Error('port: ' + typeof input.port) }`],
  ])('is the default export or "schema" of a module, or JSON Schema: %s %s', async (file, code) => {
    await using folder = await CliFolder.create({ [file]: code })
    const result = await folder.run(['validate', '--schema', file, '-'], { input })
    expect(result.stdout).toMatch(/^stdin:\d:\d port|^stdin:\d:\d .*port/)
    expect(result.code).toBe(1)
  })

  it('may import the libraries of its project and other files in TypeScript', async () => {
    const path = await mkdtemp(fileURLToPath(new URL('../.example-cli-', import.meta.url)))
    try {
      await writeFile(join(path, 'port.ts'), `import { z } from 'zod'\nexport const port = z.number() as z.ZodNumber`)
      const code = `import { z } from 'zod'\nimport { port } from './port.ts'\nexport default z.object({ port })`
      await writeFile(join(path, 'config.ts'), code)
      const result = await runCli(['validate', '--schema', join(path, 'config.ts'), '-'], { input })
      expect(result.stdout).toMatch(/^stdin:7:5 port .*expected number/)
    } finally {
      await rm(path, { recursive: true })
    }
  })

  it.each([
    ['export default startHotConfig({ sources: values({}) })', /expected .*, got what startHotConfig\(\) returns/],
    ['export default createHotConfig({ sources: values({}) })', /schema: expected .*, got a HotConfig/],
    [
      `export default await createHotConfig({ sources: ['/gone/1', '/gone/2'] })`,
      /can't be used: 2 problems volume:\/gone\/1: .* volume:\/gone\/2: .*$/m,
    ],
  ])('is not what starts a service, and one line says so: %s', async (code, message) => {
    await using folder = new ProgramFolder()
    const imports = `import { createHotConfig, startHotConfig, values } from '@hot-config/core'`
    await folder.write({ 'config.mjs': `${imports}\n${code}` })
    const result = await runCli(['validate', '--schema', join(folder.path, 'config.mjs'), '-'], { input })
    expect(result.stderr).toMatch(message)
    expect(result.code).toBe(2)
  })

  it('may print, which does not mix with the report', async () => {
    await using folder = await CliFolder.create({ 'config.mjs': `console.log('loading')\nexport default ${ENTRY}` })
    const { stdout, stderr } = await folder.run(['validate', '--schema', 'config.mjs', '--json', '-'], { input })
    expect(JSON.parse(stdout)).toMatchObject({ valid: false })
    expect(stderr).toContain('loading')
  })

  it.each([
    ['throws', `throw new Error('no database')`, /config\.mjs can't be used: no database/],
    ['has no export', `export const other = 1`, /no default export and no export "schema"/],
    ['is what convict() returns', `export default { getProperties() {} }`, /not what it returns/],
    ['ends its process', `process.exit(0)`, /ended its process with exit code 0/],
    ['never ends to load', `for (;;);`, /was not loaded within 1 s; --schema-timeout/],
    ['never ends to validate', `export default () => { for (;;); }`, /did not validate within 1 s/],
  ])('that %s is a wrong use, within the time limit', async (_, code, message) => {
    await using folder = await CliFolder.create({ 'config.mjs': code })
    const args = ['validate', '--schema', 'config.mjs', '-']
    // a process needs more than a second on a busy machine, which counts only where it never ends
    const limit = code.includes('for (;;)') ? ['--schema-timeout', '1s'] : []
    const result = await folder.run([...args, ...limit], { input })
    expect(result.stderr).toMatch(
      message.source.includes('did not validate') ? /did not validate|was not loaded/ : message,
    )
    expect([result.code, result.stdout]).toEqual([2, ''])
  })

  const INVALID = [
    [
      'a convict schema with an unknown format',
      'mjs',
      `export default { a: { format: 'nope', default: 1 } }`,
      /unknown format/,
    ],
    [
      'a JSON Schema with an unknown type',
      'json',
      `{ "type": "object", "properties": { "a": { "type": "foo" } } }`,
      /type/,
    ],
    ['a number', 'mjs', 'export default 5', /got a number/],
  ] as const
  const COMMANDS = [
    ['validate', '-'],
    ['schema'],
    ['explain', '--sources', 'env:NOTHING_', 'a'],
    ['webhook', '--cert-dir', 'tls', '--port', '0', '--host', '127.0.0.1'],
  ]

  it.each(INVALID.flatMap((row) => COMMANDS.map((command) => [...row, command] as const)))(
    'that no service accepts, %s, is a wrong use of each command: %#',
    async (_, ending, code, message, [name = '', ...args]) => {
      const file = `config.${ending}`
      await using folder = await CliFolder.create({ [file]: code })
      await mkdir(join(folder.path, 'tls'))
      createCertificate(join(folder.path, 'tls'))
      const running = folder.start([name, '--schema', file, ...args], { input })
      const end = setTimeout(() => running.child.kill(), 10_000)
      const { code: exitCode, stdout, stderr } = await running.result
      clearTimeout(end)
      expect(stderr).toContain(`the schema ${file} can't be used: `)
      expect(stderr).toMatch(message)
      expect([exitCode, stdout]).toEqual([2, ''])
    },
  )
})
