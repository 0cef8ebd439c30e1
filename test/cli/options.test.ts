import { describe, expect, it } from 'vitest'

import { CliFolder, configMapManifest, runCli } from '../support/cli.ts'
import type { CliResult } from '../support/cli.ts'

/** Each command, with what makes it a right use. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  validate: ['--schema', 'config.mjs', 'a.yaml'],
  mount: ['a.yaml', 'volume'],
  schema: ['--schema', 'config.mjs'],
  explain: ['--schema', 'config.mjs', '--sources', 'file:a.yaml', 'pool.max'],
  doctor: ['.'],
  status: ['-l', 'app=shop'],
  rollout: ['shop', '--from', 'a.yaml', '-l', 'app=shop'],
  'rollout status': ['shop'],
  'rollout abort': ['shop'],
  webhook: ['--schema', 'config.mjs', '--cert-dir', 'tls'],
  completion: ['bash'],
}

interface OptionHelp {
  readonly name: string
  /** Whether it has a value. */
  readonly hasValue: boolean
  readonly hasDefault: boolean
  readonly isRepeatable: boolean
}

/** A time limit for a start of the command with each of its options, in milliseconds. */
const LOOP_MS = 120_000

/** What the options are for that a command line may have several times. */
const REPEATABLE = /^--(?:schema|name|sources|restart-required|redact|keys|ignore|read-as)$/

async function optionsOf(command: string): Promise<OptionHelp[]> {
  const { stdout } = await runCli([...command.split(' '), '--help'])
  const listed = stdout
    .slice(stdout.indexOf('\nOptions:'))
    .matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)( <[^>]+>)?([^]*?)(?=^ {2}-|\n\n)/gm)
  return Array.from(listed, ([, name = '', value, text = '']) => ({
    name,
    hasValue: value !== undefined,
    // one that is described in words depends on the environment
    hasDefault: /default:\s+(?:"|\d)/.test(text),
    isRepeatable:
      REPEATABLE.test(name) &&
      !(name === '--schema' && /rollout|schema|explain/.test(command)) &&
      !(name === '--name' && command !== 'validate'),
  }))
}

const files = {
  'config.mjs': `export default { pool: { max: { format: 'int', default: 1 } } }`,
  'a.yaml': configMapManifest('shop', { 'app.yaml': 'pool: { max: 1 }' }),
  'b.yaml': configMapManifest('shop', { 'app.yaml': 'pool: { max: 2 }' }),
}

/** Runs a command without kubectl. */
async function run(command: string, args: readonly string[]): Promise<CliResult> {
  await using folder = await CliFolder.create(files)
  return await folder.run([...command.split(' '), ...args], { env: { PATH: folder.path } })
}

/** The result of a wrong use, with this on standard error and nothing else. */
const wrongUse = (message: RegExp): CliResult => ({
  code: 2,
  stdout: '',
  stderr: expect.stringMatching(message) as string,
})

describe.each(Object.entries(COMMANDS))('hot-config %s', (command, right) => {
  it('rejects an option that it does not know', async () => {
    expect(await run(command, [...right, '--no-such-option'])).toEqual(wrongUse(/unknown option '--no-such-option'/))
  })

  it(
    'rejects a value that is empty, such as that of an unset variable',
    async () => {
      for (const { name, hasValue } of await optionsOf(command)) {
        if (!hasValue) continue
        const message = new RegExp(`option '.*${name} .*(?:is empty|is invalid)|--sources : expected`)
        expect(await run(command, [...right, `${name}=`])).toEqual(wrongUse(message))
      }
    },
    LOOP_MS,
  )

  it(
    'rejects two names where one counts, and takes the last value of an option with a default',
    async () => {
      for (const { name, hasValue, hasDefault, isRepeatable } of await optionsOf(command)) {
        if (!hasValue || hasDefault || isRepeatable) continue
        expect(await run(command, [...right, name, 'one', name, 'two'])).toEqual(
          wrongUse(new RegExp(`option '.*${name} .*' was given twice`)),
        )
      }
    },
    LOOP_MS,
  )

  it('rejects one argument too many', async () => {
    const extra = command === 'validate' ? ['no.yaml'] : ['extra']
    expect(await run(command, [...right, ...extra])).toEqual(wrongUse(/too many arguments|no\.yaml can't be read/))
  })
})

describe('contradictions', () => {
  it.each([
    ['validate', ['--against', 'a.yaml', '--against-cluster', 'b.yaml'], /'--against-cluster' cannot be used with/],
    ['validate', ['--json', '--format', 'sarif', 'a.yaml'], /'--json' cannot be used with option '--format/],
    ['validate', ['-n', 'shop', 'a.yaml'], /'-n, --namespace <namespace>' has no effect without '--against-cluster'/],
    ['validate', ['--context', 'shop', 'a.yaml'], /has no effect without '--against-cluster'/],
    ['validate', ['--against', '-', '-'], /standard input is both the manifests and --against/],
    ['validate', ['--schema', 'b.mjs', 'a.yaml'], /several --schema without a name: write --schema NAME=FILE/],
    ['validate', ['--schema', 'a=1.mjs', '--schema', 'a=2.mjs', 'a.yaml'], /several --schema a=FILE: choose one/],
    ['validate', ['--schema', 'a+b=1.mjs', '--schema', 'a+b=2.mjs', 'a.yaml'], /several --schema a\+b=FILE/],
    ['validate', ['--read-as', '*.x=ini', '--read-as', '*.x=toml', 'a.yaml'], /there is another format for \*\.x/],
    ['validate', ['--read-as', '*.x=xml', 'a.yaml'], /expected GLOB=FORMAT, with one of json, yaml, toml/],
    ['webhook', ['--schema', 'b.mjs'], /several --schema without a name: write --schema NAME=FILE/],
    ['webhook', ['--schema', 'a=1.mjs', '--schema', 'a=2.mjs'], /several --schema a=FILE: choose one/],
    ['mount', ['--optional'], /'--optional' has no effect without '--from-cluster'/],
    ['mount', ['-n', 'shop'], /has no effect without '--from-cluster'/],
    ['mount', ['--context', 'shop'], /has no effect without '--from-cluster'/],
    ['rollout', ['--unknown', 'reject'], /'--unknown <policy>' has no effect without '--schema'/],
    ['rollout', ['--keys', '*.yaml'], /has no effect without '--schema'/],
    ['rollout', ['--schema-timeout', '1s'], /has no effect without '--schema'/],
  ])('are a wrong use: %s %j', async (command, args, message) => {
    const right = command === 'validate' ? ['--schema', 'config.mjs'] : (COMMANDS[command] ?? [])
    expect(await run(command, [...right, ...args])).toEqual(wrongUse(message))
  })

  it('are options before the command that they are for, which would go unread', async () => {
    expect(await run('rollout', ['-n', 'shop', 'status', 'shop'])).toEqual(
      wrongUse(/'-n, --namespace <namespace>' must come after status/),
    )
    expect(await run('rollout', ['--context=x', 'abort', 'shop'])).toEqual(
      wrongUse(/'--context <context>' must come after abort/),
    )
  })

  it('are no options that a script adds to those of another one', async () => {
    await using folder = await CliFolder.create(files)
    const args = ['validate', '--schema', 'config.mjs', '--format', 'json', '--format', 'github', 'a.yaml']
    expect(await folder.run(args)).toMatchObject({ code: 0, stdout: '' })
  })

  it.each([
    ['validate', ['--schema', 'config.mjs', 'a.yaml', ''], 'manifest'],
    ['mount', ['', 'volume'], 'manifest'],
    ['mount', ['a.yaml', ' '], 'folder'],
    ['explain', ['--schema', 'config.mjs', ''], 'path'],
    ['doctor', [''], 'dir'],
    ['rollout', ['', '--from', 'a.yaml', '-l', 'app=shop'], 'name'],
    ['rollout status', [''], 'name'],
    ['rollout abort', ['\t'], 'name'],
  ])('are rejected by %s %j when the argument is empty, as an unset variable makes it', async (command, args, name) => {
    const { code, stdout, stderr } = await run(command, args)
    expect(stderr).toMatch(`error: argument '${name}' is empty\n`)
    expect([code, stdout]).toEqual([2, ''])
  })
})
