import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, env, file, values, volume } from '@hot-config/core'
import type { HotConfig, Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { HOSTILE, MIB } from '../support/hostile-content.ts'
import { longestBlock } from '../support/longest-block.ts'
import { unwatched } from '../support/unwatched.ts'
import { proves } from '../requirements.ts'

proves('never-invalid', 'content-is-data')

/** The goal is 100; this leaves room for a machine that does other things as well. */
const MAX_BLOCKED_MS = 5_000

let folder: string
const configs: HotConfig<unknown>[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
  await chmod(folder, 0o755)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const config of configs.splice(0)) await config.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(
  sources: Source,
  schema?: (input: Record<string, unknown>) => unknown,
): Promise<HotConfig<Record<string, unknown>>> {
  const config = await createHotConfig({ sources, logger: false, ...(schema && { schema }) })
  configs.push(config)
  return config as HotConfig<Record<string, unknown>>
}

/** Updates and reloads: the update must be refused, with little work, and the good one must serve on. */
async function expectRejection(config: HotConfig<unknown>, says: RegExp): Promise<void> {
  const before = config.snapshot
  const { result, ms } = await longestBlock(() => config.reload())
  expect(result).toBe('rejected')
  expect(ms).toBeLessThan(MAX_BLOCKED_MS)
  expect(config.snapshot).toBe(before)
  const { status, lastRejection } = config.health()
  expect(status).toBe('warn')
  expect(lastRejection?.message).toMatch(says)
  expect(lastRejection?.message.length).toBeLessThan(600)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
}

describe('a volume', () => {
  it.each(HOSTILE)('with %s is rejected, and the next good update is served', async (_what, files, says) => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'good.yaml': 'version: 1' })
    const config = await start(unwatched(volume(folder)))
    await mounted.update(files)
    await expectRejection(config, says)
    await mounted.update({ 'good.yaml': 'version: 2' })
    expect(await config.reload()).toBe('changed')
    expect(config.current).toEqual({ version: 2 })
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
  })

  it.each(HOSTILE)('with %s from the beginning is an error and not a crash', async (_what, files, says) => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update(files)
    await expect(createHotConfig({ sources: folder, logger: false })).rejects.toThrow(says)
  })

  it('survives all of that, one after another, while it is watched', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'good.yaml': 'version: 0' })
    const config = await start(volume(folder))
    for (const [index, [, files]] of HOSTILE.entries()) {
      await mounted.update(files)
      await eventually(() => expect(config.health().status).toBe('warn'))
      expect(config.current).toEqual({ version: index })
      await mounted.update({ 'good.yaml': `version: ${index + 1}` })
      await eventually(() => expect(config.health().status).toBe('pass'))
      expect(config.current).toEqual({ version: index + 1 })
    }
  })

  it('rejects a file over a limit of its own', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'a.yaml': 'a: 1' })
    const config = await start(unwatched(volume(folder, { maxBytes: 10 })))
    await mounted.update({ 'a.yaml': 'a: 123456789' })
    await expectRejection(config, /a\.yaml.*limit of 10 bytes/)
    expect(config.current).toEqual({ a: 1 })
  })

  it('accepts a file of exactly the limit', async () => {
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ value: Buffer.alloc(4 * MIB, 'x') })
    const config = await start(unwatched(volume(folder)))
    expect(config.current['value']).toHaveLength(4 * MIB)
  })
})

/** Drops what root may do beyond others, while `run` is at work. */
async function withoutPrivileges<R>(run: () => Promise<R>): Promise<R> {
  if (process.geteuid?.() !== 0) return run()
  process.seteuid?.(65_534)
  try {
    return await run()
  } finally {
    process.seteuid?.(0)
  }
}

const NO_FILES: readonly (readonly [what: string, make: (path: string) => unknown, says: RegExp])[] = [
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), /app\.yaml.*expected a regular file/],
  ['a link to a device', (path) => symlink('/dev/zero', path), /app\.yaml.*expected a regular file/],
  ['a link that leads nowhere', (path) => symlink('nowhere', path), /(?=.*app\.yaml).*no such file/],
  ['a link to itself', (path) => symlink('app.yaml', path), /(?=.*app\.yaml).*too many symbolic links/],
  [
    'a file that may not be read',
    async (path) => {
      await writeFile(path, 'version: 2')
      await chmod(path, 0)
    },
    /(?=.*app\.yaml).*permission denied/,
  ],
  ['a file over the limit', (path) => writeFile(path, Buffer.alloc(5 * MIB, '#')), /app\.yaml.*limit of 4194304 bytes/],
]

describe.each([
  ['file()', () => file(join(folder, 'app.yaml'))],
  ['volume() on a plain folder', () => volume(folder)],
])('%s', (_name, source) => {
  const good = async (version: number): Promise<void> => {
    await rm(join(folder, 'app.yaml'), { recursive: true, force: true })
    await writeFile(join(folder, 'app.yaml'), `version: ${version}`)
  }

  it.each(NO_FILES)('rejects %s, and the next good update is served', async (_what, make, says) => {
    await good(1)
    const config = await start(unwatched(source()))
    await rm(join(folder, 'app.yaml'))
    await make(join(folder, 'app.yaml'))
    await withoutPrivileges(() => expectRejection(config, says))
    await good(2)
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
    expect(config.current).toEqual({ version: 2 })
  })
})

describe('file()', () => {
  it('rejects a folder, and the next good update is served', async () => {
    await writeFile(join(folder, 'app.yaml'), 'version: 1')
    const config = await start(unwatched(file(join(folder, 'app.yaml'))))
    await rm(join(folder, 'app.yaml'))
    await mkdir(join(folder, 'app.yaml'))
    await expectRejection(config, /app\.yaml.*expected a regular file/)
    await rm(join(folder, 'app.yaml'), { recursive: true })
    await writeFile(join(folder, 'app.yaml'), 'version: 2')
    expect(await config.reload()).toBe('changed')
    expect(config.health().status).toBe('pass')
  })
})

function nested(depth: number): object {
  let value: object = {}
  for (let level = 0; level < depth; level++) value = { a: value }
  return value
}

function cycle(): object {
  const value: Record<string, unknown> = { deep: {} }
  value['deep'] = { again: [value] }
  return value
}

/** Each object twice in the one around it: few objects, more values than there is memory for. */
function sharedParts(): object {
  let value: object = {}
  for (let level = 0; level < 60; level++) value = { left: value, right: value }
  return value
}

const UNBOUNDED: readonly (readonly [what: string, make: () => unknown, says: RegExp])[] = [
  ['a cycle', cycle, /deep\.again\[0\].* nests deeper than 100/],
  ['an array in itself', () => ({ list: listInItself() }), /list\[0\]\[0\].* nests deeper than 100/],
  ['nesting ten thousand deep', () => nested(10_000), /a\.a\.a.* nests deeper than 100/],
  ['parts shared without end', sharedParts, /holds too many values/],
]

function listInItself(): unknown[] {
  const list: unknown[] = []
  list.push(list)
  return list
}

describe('a value', () => {
  it.each(UNBOUNDED)(
    'with %s is rejected from a source, and the next good one is served',
    async (_what, make, says) => {
      const source = drivenSource({ version: 1 })
      const config = await start(source)
      source.set(make())
      await expectRejection(config, says)
      source.set({ version: 2 })
      expect(await config.reload()).toBe('changed')
      expect(config.health().status).toBe('pass')
    },
  )

  it.each(UNBOUNDED)(
    'with %s is rejected from a schema, and the next good one is served',
    async (_what, make, says) => {
      const source = drivenSource({ version: 1 })
      const config = await start(source, (input) => (input['version'] === 2 ? make() : input))
      source.set({ version: 2 })
      await expectRejection(config, says)
      source.set({ version: 3 })
      expect(await config.reload()).toBe('changed')
      expect(config.health().status).toBe('pass')
    },
  )

  it('with a cycle is rejected from values()', async () => {
    await expect(start(values({ loop: cycle() }))).rejects.toThrow(/values loop\.deep\.again: nests deeper/)
  })

  it.each([
    ['values()', () => values(JSON.parse('{"a": {"__proto__": {"polluted": 1}}}') as Record<string, unknown>)],
    ['a source of one’s own', () => entryAt(['a', '__proto__', 'polluted'])],
    ['the environment', () => env({ prefix: 'HOSTILE_', separator: '.' })],
  ])('below __proto__ is rejected from %s', async (_name, source) => {
    vi.stubEnv('HOSTILE_a.__proto__.polluted', '1')
    await expect(start(source())).rejects.toThrow(/a\.__proto__: the key "__proto__" is not allowed/)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each(['__proto__', 'constructor', 'prototype'])('named %s is rejected also in place of another', async (name) => {
    const source = drivenSource({ a: { b: {}, c: {} } })
    const config = await start(source)
    source.set(JSON.parse(`{"a": {"b": {}, "${name}": {}}}`))
    await expectRejection(config, new RegExp(`a\\.${name}: the key "${name}" is not allowed`))
    expect(config.current['a']).toEqual({ b: {}, c: {} })
  })

  it.each(['constructor', 'prototype'])('named %s is rejected from the environment', async (name) => {
    vi.stubEnv(`HOSTILE_a.${name}`, '1')
    await expect(start(env({ prefix: 'HOSTILE_', separator: '.' }))).rejects.toThrow(
      `a.${name}: the key "${name}" is not`,
    )
  })

  it('of a class that refers to itself is rejected for convict, which would never end', async () => {
    class Pool {
      self: Pool = this
    }
    const sources = values({ pool: new Pool() })
    await expect(createHotConfig({ sources, schema: { a: 1 }, logger: false })).rejects.toThrow(
      /pool\.self\.self: nests deeper/,
    )
    expect((await start(sources)).current['pool']).toBeInstanceOf(Pool)
  })
})

const entryAt = (path: readonly string[]): Source =>
  drivenSource('x', { reading: (value) => ({ entries: [{ path, value }] }) })

describe('a schema', () => {
  it('with a problem at each of ten thousand paths rejects with the first hundred of them, quickly', async () => {
    const count = 10_000
    const text = Array.from({ length: count }, (_, index) => `key${index}: wrong`).join('\n')
    const mounted = await createConfigMapVolume(folder)
    await mounted.update({ 'app.yaml': 'version: 1' })
    const issues = Array.from({ length: count }, (_, index) => ({ path: [`key${index}`], message: 'is wrong' }))
    const config = await createHotConfig({
      sources: unwatched(volume(folder)),
      redact: ['key0', '**.password'],
      logger: false,
      schema: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) => ('version' in (value as object) ? { value } : { issues }),
        },
      },
    })
    configs.push(config)
    await mounted.update({ 'app.yaml': text })
    const { result, ms } = await longestBlock(() => config.reload())
    expect(result).toBe('rejected')
    expect(config.health().lastRejection?.issues).toHaveLength(101)
    expect(config.health().lastRejection?.issues.at(-2)).toMatchObject({ line: 100, column: 1 })
    expect(config.health().lastRejection?.issues.at(-1)).toEqual({ message: 'and 9,900 more' })
    expect(ms).toBeLessThan(3_000)
  })
})
