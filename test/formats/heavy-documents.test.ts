import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'

// two builds of the same code: beside the sources there is no file that a thread could run, so they fall back to parsing
// on the main thread; the built package has one
import * as onMain from '@hot-config/core'
import type { ConfigError, HotConfig, Source } from '@hot-config/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import * as inThread from '../../packages/core/dist/index.js'
import { drivenSource, fileEntries } from '../support/driven-source.ts'
import type { DrivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { gate } from '../support/gate.ts'
import { heavy } from '../support/heavy-documents.ts'

type Tree = Record<string, unknown>

/** Node 20 knows it by its first name alone, Node 24 by its last one. */
const PERMISSION_FLAG = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

interface Threads {
  /** Those that gave an answer. */
  answered: number
  running: number
}

let threads: Threads

const watch = (worker: Worker): void => {
  const mine = threads
  mine.running++
  worker.once('message', () => mine.answered++)
  worker.once('exit', () => mine.running--)
}

beforeEach(() => {
  threads = { answered: 0, running: 0 }
  process.on('worker', watch)
})

afterEach(async () => {
  // whatever a test did, it leaves no thread
  while (threads.running > 0) await new Promise(setImmediate)
  process.off('worker', watch)
})

/** What the script for a process of its own says. */
async function run(mode: string, ...flags: string[]): Promise<unknown> {
  const script = fileURLToPath(new URL('../support/heavy-process.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, mode], { timeout: 30_000 })
  return JSON.parse(stdout)
}

type Files = Readonly<Record<string, string>>

const filesSource = (files: Files, secret = false): DrivenSource<Files> =>
  drivenSource(files, { reading: (held) => ({ entries: fileEntries(held, secret) }) })

const start = (core: typeof onMain, sources: Source, schema?: onMain.Schema): Promise<HotConfig<Tree>> =>
  core.createHotConfig({ sources, logger: false, ...(schema && { schema }) }) as Promise<HotConfig<Tree>>

/** What a source gives, with and without a thread. */
async function bothValues(files: Files, schema?: onMain.Schema): Promise<[Tree, Tree]> {
  await using here = await start(onMain, filesSource(files), schema)
  expect(threads.answered).toBe(0)
  await using there = await start(inThread, filesSource(files), schema)
  expect(threads.answered).toBeGreaterThan(0)
  expect(there.snapshot.digest).toBe(here.snapshot.digest)
  return [here.current, there.current]
}

/** The error that a source gives, with and without a thread. */
async function bothErrors(files: Files, schema?: onMain.Schema): Promise<[ConfigError, ConfigError]> {
  const fail = (core: typeof onMain): Promise<ConfigError> =>
    start(core, filesSource(files), schema).then(
      () => Promise.reject(new Error('was taken')),
      (error: unknown) => error as ConfigError,
    )
  const here = await fail(onMain)
  expect(threads.answered).toBe(0)
  const there = await fail(inThread)
  expect(threads.answered).toBeGreaterThan(0)
  return [here, there]
}

const LONG = 'long '.repeat(40_000)

const AWKWARD: readonly (readonly [key: string, head: string])[] = [
  ['app.yaml', 'numbers: [.nan, .inf, -.inf, -0.0, -0, 1e300, 0x10, 0.1]'],
  ['app.yaml', 'texts: ["", no, "\\ud83d\\ude00", "\\u2028", 2001-12-14, "\\0x"]\nempty: [{}, [], ~]'],
  ['app.yaml', 'base: &base {a: 1, deep: {b: [1]}}\nuse: {<<: *base, c: 2}\nlist: [*base, *base]'],
  ['app.yaml', `text: &text ${LONG}\nagain: [${'*text, '.repeat(50)}*text]`],
  ['app.yaml', '"": 1\n"a.b": {"c d": 1, "10": x, "2": y, valueOf: 1}\nz: 1\na: 1'],
  [
    'app.yml',
    `? many\n: {${Array.from({ length: 3_000 }, (_, index) => `k${(index * 7) % 3_001}: ${index}`).join(', ')}}`,
  ],
  ['app.json', '"numbers": [-0, 1e999, 1e-7, 12345678901234567890, 0.1]'],
  ['app.json', '"texts": ["\\ud800", "\\u0000", "\\ud83d\\ude00", "é"], "empty": [{}, [], null], "same": 1, "same": 2'],
  ['app.json', `"text": ${JSON.stringify(LONG)}, "deep": ${'['.repeat(90)}1${']'.repeat(90)}`],
  [
    'app.toml',
    'numbers = [nan, inf, -inf, -0.0, 9007199254740991]\ndates = [1979-05-27T07:32:00Z, 1979-05-27, 07:32:00]',
  ],
  ['app.env', 'QUOTED="a\nb"\nEMPTY=\nLOG.LEVEL=debug'],
  ['app.properties', 'a.b.c = 1\na.b.d : \\u00e9'],
  ['app.conf', 'a.b.c = 1'],
  ['app.ini', 'list[] = 1\nlist[] = 2\na.b = x'],
  ['folder/below/app.yaml', 'a: {b: 1}'],
]

describe('a heavy document', () => {
  it.each(AWKWARD)('gives the same value from a thread as without: %s %#', async (key, head) => {
    const [here, there] = await bothValues({ [key]: heavy(key, head) })
    expect(there).toStrictEqual(here)
    expect(Object.keys(there)).toEqual(Object.keys(here))
    expect(Object.keys(here)).not.toHaveLength(0)
  })

  it.each(AWKWARD)(
    'gives the same value also for an update, of which only what changed is sent: %s %#',
    async (key, head) => {
      const source = filesSource({ [key]: heavy(key, '') })
      await using updated = await start(inThread, source)
      const before = updated.current
      source.set({ [key]: heavy(key, head) })
      expect(await updated.reload()).toBe('changed')
      await using fresh = await start(onMain, source)
      expect(updated.current).toStrictEqual(fresh.current)
      expect(updated.snapshot.digest).toBe(fresh.snapshot.digest)

      source.set({ [key]: heavy(key, '') })
      expect(await updated.reload()).toBe('changed')
      expect(updated.current).toStrictEqual(before)
    },
  )

  it('has its names of the environment mapped by a convict schema', async () => {
    const entry = { default: 'info', format: String, env: 'HEAVY_LEVEL' }
    const schema = { log: { level: entry }, audit: { level: entry } }
    const [here, there] = await bothValues({ 'app.env': heavy('app.env', 'HEAVY_LEVEL=debug') }, schema)
    expect(there).toStrictEqual(here)
    expect(there).toMatchObject({ log: { level: 'debug' }, audit: { level: 'debug' } })
  })

  it.each([
    ['a syntax error', 'app.yaml', heavy('app.yaml', 'a: [Tr0ub4dor, b\nc: d'), { line: 2, column: 1 }],
    ['a syntax error at its end', 'app.json', `${heavy('app.json', '').trimEnd()} Tr0ub4dor`, {}],
    ['a syntax error', 'app.toml', heavy('app.toml', 'b = 1\na = Tr0ub4dor'), { line: 2, column: 5 }],
    ['a syntax error', 'app.ini', heavy('app.ini', 'Tr0ub4dor'), { line: 1 }],
    ['a key below a value', 'app.properties', heavy('app.properties', 'a=1\na.b=1'), { line: 2, column: 1 }],
    ['a refused name', 'app.json', heavy('app.json', '"a":\n{"__proto__": 1}'), { line: 2, path: 'a.__proto__' }],
    ['a refused name', 'app.yaml', heavy('app.yaml', 'a:\n  constructor: 1'), { line: 2, path: 'a.constructor' }],
    ['a deep key', 'app.toml', heavy('app.toml', `${'a.'.repeat(200)}a = 1`), { path: 'a.a.a' }],
    ['too many values', 'app.yaml', heavy('app.yaml', bomb()), {}],
    ['a list at the top', 'app.yaml', '- Tr0ub4dor\n'.repeat(40_000), {}],
    ['what is not text', 'app.yaml', heavy('app.yaml', 'a: 1\nb: \0'), { line: 2 }],
  ])('with %s gives the same error from a thread: %s', async (_what, key, text, expected) => {
    const [here, there] = await bothErrors({ [key]: text })
    expect(there.message).toBe(here.message)
    expect(there.issues).toEqual(here.issues)
    expect(there.issues).toMatchObject([{ code: 'HOT_CONFIG_SYNTAX', source: 'driven', file: key, ...expected }])
    expect(JSON.stringify(there) + there.message).not.toContain('Tr0ub4dor')
  })

  it.each([
    ['app.yaml', 'a:\n  - b: 1', { line: 2, column: 5 }],
    ['app.json', '"a":\n[{"b": 1}]', { line: 2, column: 3 }],
    ['app.toml', '[[a]]\nb = 1\n[c]', { line: 2 }],
  ])('that a schema refuses is located in a thread: %s', async (key, head, place) => {
    const issues = [
      { path: ['a', 0, 'b'], message: 'is wrong' },
      { path: ['nowhere'], message: 'is missing' },
    ]
    const schema: onMain.Schema = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } }
    const [here, there] = await bothErrors({ [key]: heavy(key, head), 'b.json': '{"b": 1}' }, schema)
    expect(there.issues).toEqual(here.issues)
    expect(there.issues[0]).toMatchObject({ path: 'a[0].b', file: key, ...place })
  })

  it('that is broken leaves the last good snapshot, and the next good one heals it', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'version: 1') })
    await using config = await start(inThread, source)
    const { snapshot } = config
    source.set({ 'app.yaml': heavy('app.yaml', 'version: [') })
    expect(await config.reload()).toBe('rejected')
    expect(config.snapshot).toBe(snapshot)
    expect(config.health()).toMatchObject({ status: 'warn' })
    source.set({ 'app.yaml': heavy('app.yaml', 'version: 2') })
    expect(await config.reload()).toBe('changed')
    expect(config.current['version']).toBe(2)
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
    expect(threads.answered).toBe(3)
  })

  it('with the same bytes is not parsed again', async () => {
    await using config = await start(inThread, filesSource({ 'app.yaml': heavy('app.yaml', 'a: 1') }))
    expect(await config.reload()).toBe('unchanged')
    expect(threads.answered).toBe(1)
  })

  it('keeps every part that did not change', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'a: {b: {c: 1}}\nsame: {list: [1, {x: 2}]}') })
    await using config = await start(inThread, source)
    const before = config.current
    const heard = vi.fn()
    const [changed, untouched] = [vi.fn(), vi.fn()]
    config.onChange(heard)
    config.onChange('a.b', changed)
    config.onChange('same', untouched)
    source.set({ 'app.yaml': heavy('app.yaml', 'same: {list: [1, {x: 2}]}\na: {b: {c: 2}}') })
    expect(await config.reload()).toBe('changed')
    const after = config.current
    expect(Object.keys(after).filter((key) => after[key] !== before[key])).toEqual(['a'])
    expect(heard).toHaveBeenCalledOnce()
    expect(changed).toHaveBeenCalledWith({ c: 2 }, { c: 1 }, expect.anything())
    expect(untouched).not.toHaveBeenCalled()
    expect(Object.isFrozen(after['same'])).toBe(true)
  })

  it('gives snapshots of one hidden class and fast properties', async () => {
    const outcome = await run('shapes', '--allow-natives-syntax')
    expect(outcome).toMatchObject({ answered: 2, objects: 2_001, otherShapes: 0, slow: 0 })
  })

  it('of a secret is never shown', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'password: Tr0ub4dor') }, true)
    await using config = await start(inThread, source)
    source.set({ 'app.yaml': heavy('app.yaml', 'password: Tr0ub4dor-2') })
    expect(await config.reload()).toBe('changed')
    expect(JSON.stringify(config.history())).not.toContain('Tr0ub4dor')
    expect(JSON.stringify(config.history())).toContain('[redacted]')
  })

  it('lets everything else in the process run while it is parsed', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'a: 1') })
    await using config = await start(inThread, source)
    source.set({ 'app.yaml': heavy('app.yaml', 'a: 2') })
    let [turns, isDone] = [0, false]
    const turn = (): void => {
      turns++
      if (!isDone) setImmediate(turn)
    }
    setImmediate(turn)
    await config.reload()
    isDone = true
    // a parse on the main thread is one turn
    expect(turns).toBeGreaterThan(20)
  })
})

function bomb(): string {
  const lines = ['a0: &a0 [lol]']
  for (let level = 1; level < 12; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`)
  }
  return lines.join('\n')
}

describe('updates that arrive while a heavy one is under way', () => {
  it('come to the last of them, and no value mixes two', async () => {
    const files = (version: number): Files => ({
      'a.yaml': heavy('a.yaml', `left: ${version}`),
      'b.json': `{"right": ${version}}`,
    })
    const source = filesSource(files(0))
    await using config = await start(inThread, source)
    const seen: unknown[] = []
    config.onChange(({ next: { value } }) => seen.push([value['left'], value['right']]))
    const results: Promise<unknown>[] = []
    for (let version = 1; version <= 5; version++) {
      source.set(files(version))
      results.push(config.reload())
      await new Promise(setImmediate)
    }
    await Promise.all(results)
    expect(config.current).toMatchObject({ left: 5, right: 5 })
    expect(seen.at(-1)).toEqual([5, 5])
    for (const pair of seen as [number, number][]) expect(pair[0]).toBe(pair[1])
    const versions = (seen as [number, number][]).map(([left]) => left)
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  })

  it('share with the snapshot that they follow, whenever an older one is taken', async () => {
    const fill = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`fill${index}`, { list: [index] }]))
    const valueOf = (version: number, part: number): Tree => ({ version, part: { deep: { part } }, fill })
    let between = 0
    // a turn of the event loop later each time, from before the newer one is worked on until after
    for (let turns = 0; turns < 60; turns += 3) {
      const source = drivenSource(valueOf(1, 1))
      const hook = gate()
      const schema = (input: Tree): Tree => {
        if (input['version'] === 3) void afterTurns(turns).then(() => hook.open())
        return input
      }
      await using config = await start(onMain, source, schema)
      config.beforeChange(({ next }) => (next.value['version'] === 2 ? hook.passed : undefined))
      const steps: string[] = []
      config.onChange(({ previous, next }) => {
        steps.push(`${String(previous.value['version'])} to ${String(next.value['version'])}`)
        expect(next.value['fill']).toBe(previous.value['fill'])
        if (previous.value['version'] === 2) expect(next.value['part']).toBe(previous.value['part'])
      })
      source.set(valueOf(2, 2))
      const older = config.reload()
      // it waits for its hook when the look that brought it is over
      await afterTurns(200)
      source.set(valueOf(3, 2))
      await Promise.all([older, config.reload()])
      expect(config.current).toMatchObject({ version: 3, part: { deep: { part: 2 } } })
      expect(config.health().listenerErrors).toBe(0)
      if (steps.length === 2) between++
      expect(['1 to 3', '1 to 2,2 to 3']).toContain(steps.join())
    }
    expect(between).toBeGreaterThan(0)
  })
})

async function afterTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
}

describe('closing', () => {
  it('while a heavy document is parsed ends the thread, and what waits for it', async () => {
    const source = filesSource({ 'app.yaml': 'a: 1' })
    const config = await start(inThread, source)
    source.set({ 'app.yaml': heavy('app.yaml', 'a: 2') })
    const ended = config.reload().catch((error: unknown) => error)
    await eventually(() => expect(threads.running).toBe(1))
    await config.close()
    expect(await ended).toBeInstanceOf(inThread.ClosedError)
    expect(config.current).toEqual({ a: 1 })
  })

  it('during the first load lets the process end, and a first load keeps it alive', async () => {
    expect(await run('load')).toEqual({ value: 1, threads: 1, answered: 1, left: [] })
    expect(await run('close')).toEqual({ error: 'ClosedError', threads: 1, answered: 0, left: [] })
    // where workers are not allowed it is parsed without one
    const locked = ['--no-warnings', PERMISSION_FLAG, '--allow-fs-read=*']
    expect(await run('load', ...locked)).toEqual({ value: 1, threads: 0, answered: 0, left: [] })
    // the thread gets none of the hooks of the program: this one would end it
    const hook = "import { isMainThread } from 'node:worker_threads'; if (!isMainThread) process.exit(9)"
    const hooked = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
    expect(await run('load', ...hooked)).toEqual({ value: 1, threads: 1, answered: 1, left: [] })
  })
})
