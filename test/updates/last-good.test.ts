import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker, threadId } from 'node:worker_threads'

import { createHotConfig, env, startHotConfig, values, volume, withCanary, withFallback } from '@hot-config/core'
import type { HotConfigOptions, LastGoodStore } from '@hot-config/core'
import { hotConfig as express } from '@hot-config/express'
import { hotConfig } from '@hot-config/fastify'
import { createConfigMapVolume } from '@hot-config/testing'
import Fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { drivenFiles, drivenSource, fileEntries } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { follow } from '../support/follow.ts'
import { gate } from '../support/gate.ts'
import { loadError } from '../support/load-error.ts'
import { hasMountNamespaces, inMountNamespace } from '../support/mount-namespace.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { proves } from '../requirements.ts'

proves('starts-from-last-good')

const schema = z.object({ max: z.number().max(100), other: z.number().default(0) })

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'last-good-'))
  path = join(folder, 'last-good.json')
})
afterEach(() => {
  vi.restoreAllMocks()
  return rm(folder, { recursive: true })
})

/** A store in memory. */
interface Memory extends LastGoodStore {
  held: Uint8Array | undefined
  readonly saves: Uint8Array[]
}

function memory(): Memory {
  const store: Memory = {
    held: undefined,
    saves: [],
    load: async () => store.held,
    save: async (bytes) => void store.saves.push((store.held = bytes)),
  }
  return store
}

/** Has a process accept this, and end. */
async function accepted(lastGood: HotConfigOptions['lastGood'], sources: HotConfigOptions['sources']): Promise<void> {
  const config = await createHotConfig({ sources, lastGood, logger: false })
  await config.close()
}

describe('lastGood', () => {
  it('starts from the file when the volume is broken, says so, and is healed by a good update', async () => {
    await using configMap = await createConfigMapVolume()
    await configMap.update({ 'app.yaml': 'max: 7' })
    const options = { schema, lastGood: path }
    {
      await using running = await follow(volume(configMap.path), options)
      await configMap.update({ 'app.yaml': 'max: 8' })
      await running.serves({ max: 8, other: 0 })
    }
    await configMap.update({ 'app.yaml': 'max: 800' })
    await using running = await follow(volume(configMap.path), options)
    const { config, logger } = running
    expect(config.current).toEqual({ max: 8, other: 0 })
    expect(config.health()).toMatchObject({
      status: 'warn',
      version: 1,
      servedFrom: 'last-good',
      savedAt: expect.stringMatching(/^\d{4}-/),
      lastRejection: { source: `volume:${configMap.path}`, issues: [{ path: 'max', file: 'app.yaml' }] },
    })
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^configuration loaded from the last good one, saved \d{4}-/),
      expect.stringMatching(/^update rejected, the last good configuration serves: volume:.*app\.yaml:1/),
    ])
    await configMap.update({ 'app.yaml': 'max: 9' })
    await running.serves({ max: 9, other: 0 })
    await running.reports({ status: 'pass', servedFrom: 'sources', savedAt: null, lastRejection: null, version: 2 })
  })

  it('is healed without a change when the sources hold the same again', async () => {
    const store = memory()
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    await accepted(store, source)
    source.set(new Error('gone'))
    await using running = await follow(source, { schema, lastGood: store })
    const { current } = running.config
    expect(running.config.health()).toMatchObject({ status: 'warn', servedFrom: 'last-good' })
    source.set({ 'a.json': '{"max":1}' })
    expect(await running.config.reload()).toBe('unchanged')
    expect(running.config.current).toBe(current)
    expect(running.config.health()).toMatchObject({ status: 'pass', servedFrom: 'sources', version: 1 })
  })

  it('replaces only the sources that failed, and all of them when that is not valid', async () => {
    const store = memory()
    const first = drivenFiles('first', { 'a.json': '{"max":1,"other":1}' })
    const second = drivenFiles('second', { 'b.json': '{"other":2}' })
    await accepted(store, [first, second])
    first.set({ 'a.json': '{"max":50,"other":1}' })
    second.set(new Error('gone'))
    await using one = await follow([first, second], { schema, lastGood: store })
    expect(one.config.current).toEqual({ max: 50, other: 2 })
    // the sum is wrong, whoever is to blame
    const sum = (input: unknown) => {
      const { max, other } = schema.parse(input)
      if (max + other > 10) throw new Error('too much')
      return { max, other }
    }
    second.set({ 'b.json': '{"other":2}' })
    await using all = await follow([first, second], { schema: sum, lastGood: store })
    expect(all.config.current).toEqual({ max: 1, other: 2 })
  })

  it('gives each of several sources of one name its own entries back', async () => {
    const store = memory()
    const first = drivenFiles('same', { 'a.json': '{"max":1}' })
    const second = drivenFiles('same', { 'b.json': '{"other":2}' })
    await accepted(store, [first, second])
    for (const source of [first, second]) source.set(new Error('gone'))
    await using running = await follow([first, second], { schema, lastGood: store })
    expect(running.config.current).toEqual({ max: 1, other: 2 })
  })

  it('is not used by a start that works without, nor after the start', async () => {
    const store = memory()
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    await accepted(store, source)
    let loads = 0
    const counting: LastGoodStore = { ...store, load: async (signal) => (loads++, store.load(signal)) }
    source.set({ 'a.json': '{"max":2}' })
    await using running = await follow(source, { schema, lastGood: counting })
    source.set(new Error('gone'))
    await running.config.reload()
    expect(running.config.current).toEqual({ max: 2, other: 0 })
    expect(loads).toBe(0)
  })

  it('fails the start with both reasons when it is not valid today', async () => {
    const store = memory()
    const source = drivenFiles('source', { 'a.json': '{"max":500}' })
    await accepted(store, source)
    source.set(new Error('gone'))
    const error = await loadError(createHotConfig({ schema, sources: source, lastGood: store, logger: false }))
    expect(error.code).toBe('HOT_CONFIG_SOURCE')
    expect(error.issues.map(({ message }) => message)).toEqual([
      "can't be read: gone",
      expect.stringMatching(
        /^nor can it start from the last good configuration, saved \d{4}-.*: source a\.json:1:\d+ max: /,
      ),
    ])
  })

  it('fails as without it when nothing was saved', async () => {
    const source = drivenFiles('source', new Error('gone'))
    const logger = recordingLogger()
    const error = await loadError(createHotConfig({ sources: source, lastGood: path, logger }))
    expect(error.issues).toHaveLength(1)
    expect(logger.lines).toEqual([])
  })

  it.each([
    ['', []],
    [' beside those of the process, which are not stored', [env({ prefix: 'LAST_GOOD_' }), values({ other: 5 })]],
  ])('finds the entries of a source that has another name now by its place%s', async (_beside, ofProcess) => {
    const store = memory()
    const [first, second] = [drivenFiles('first', { 'a.json': '{"max":1}' }), drivenFiles('second', new Error('gone'))]
    const sources = [...ofProcess, withFallback(second, first), ...ofProcess]
    await accepted(store, sources)
    first.set(new Error('gone'))
    const again = [...ofProcess, withFallback(second, first), ...ofProcess]
    await using running = await follow(again, { schema, lastGood: store })
    expect(running.config.current).toEqual({ max: 1, other: ofProcess.length === 0 ? 0 : 5 })
  })

  it('starts from it when the framework does not wait for a source that hangs', async () => {
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    await accepted(path, source)
    source.hang()
    const app = Fastify({ pluginTimeout: 3_000 })
    await app.register(hotConfig, { schema, sources: source, lastGood: path, logger: false })
    expect(app.hotConfig.health()).toMatchObject({ status: 'warn', servedFrom: 'last-good' })
    expect(app.hotConfig.current).toEqual({ max: 1, other: 0 })
    source.set({ 'a.json': '{"max":2}' })
    await eventually(() => expect(app.hotConfig.current).toEqual({ max: 2, other: 0 }))
    await app.close()
  })
})

describe('what is kept', () => {
  it('is a file that only its user may read, replaced in one step, with nothing beside it', async () => {
    const elsewhere = join(folder, 'elsewhere')
    await writeFile(elsewhere, 'mine')
    await using running = await follow(drivenFiles('source', { 'a.json': '{"max":1}', 'b.bin': '\uFFFD' }), {
      lastGood: path,
    })
    await eventually(() => stat(path))
    await running.config.close()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).toSorted()).toEqual(['elsewhere', 'last-good.json'])
    const kept = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    expect(kept).toMatchObject({
      version: 1,
      checksum: expect.stringMatching(/^sha256:/),
      digest: running.config.snapshot.digest,
    })
    // a link in the place of the temporary file is not followed
    await symlink(elsewhere, `${path}.${hostname()}-${process.pid}-${threadId}-0.tmp`)
    await accepted(path, drivenFiles('source', { 'a.json': '{"max":2}' }))
    expect(await readFile(elsewhere, 'utf8')).toBe('mine')
    expect(await readFile(path, 'utf8')).toContain('\\"max\\":2')
  })

  it('is saved without a fault by several configurations and threads that share the file', async () => {
    const sources = join(folder, 'config')
    await mkdir(sources)
    await writeFile(join(sources, 'a.json'), '{"max":1}')
    const program = `
      const { parentPort } = require('node:worker_threads')
      const { createHotConfig } = require('@hot-config/core')
      const warnings = []
      const logger = { info() {}, warn: (_, message) => warnings.push(message), error() {} }
      const options = { sources: ${JSON.stringify(sources)}, lastGood: ${JSON.stringify(path)}, logger }
      const run = async () => {
        const configs = await Promise.all(Array.from({ length: 4 }, () => createHotConfig(options)))
        await Promise.all(configs.map((config) => config.close()))
        parentPort.postMessage(warnings)
      }
      run()`
    const filename = import.meta.filename
    const require = `globalThis.require = require('node:module').createRequire(${JSON.stringify(filename)});`
    const workers = Array.from({ length: 4 }, () => new Worker(`${require}${program}`, { eval: true, execArgv: [] }))
    const warnings = await Promise.all(
      workers.map(async (worker) => ((await once(worker, 'message')) as [string[]])[0]),
    )
    expect(warnings.flat()).toEqual([])
    expect((await readdir(folder)).toSorted()).toEqual(['config', 'last-good.json'])
    await rm(join(sources, 'a.json'))
    await writeFile(join(sources, 'a.json'), '{"max":')
    await using running = await follow(volume(sources), { lastGood: path })
    expect(running.config.current).toEqual({ max: 1 })
  })

  it('leaves out secrets, and does not start without them', async () => {
    const [open, secret] = [
      drivenFiles('open', { 'a.json': '{"max":1}' }),
      drivenFiles('vault', { 'b.json': '{"key":"hunter2"}' }, true),
    ]
    await accepted(path, [open, secret])
    expect(await readFile(path, 'utf8')).not.toContain('hunter2')
    secret.set(new Error('gone'))
    for (const sources of [[open, secret], [secret]]) {
      const { issues } = await loadError(createHotConfig({ sources, lastGood: path, logger: false }))
      expect(issues.map(({ message }) => message)).toEqual([
        "can't be read: gone",
        expect.stringMatching(/^nor can it start .* saved \d{4}-.*: it does not have all entries of vault$/),
      ])
    }
    open.set(new Error('gone'))
    secret.set({ 'b.json': '{"key":"hunter3"}' })
    await using running = await follow([open, secret], { lastGood: path })
    expect(running.config.current).toEqual({ max: 1, key: 'hunter3' })
  })

  it('has secrets where that is asked for', async () => {
    const lastGood = { store: path, secrets: true }
    const secret = drivenFiles('vault', { 'b.json': '{"key":"hunter2"}' }, true)
    await accepted(lastGood, secret)
    secret.set(new Error('gone'))
    await using running = await follow(secret, { lastGood })
    expect(running.config.current).toEqual({ key: 'hunter2' })
    expect(JSON.stringify([running.logger.lines, running.config.health()])).not.toContain('hunter2')
  })

  it('has no values of the program and no environment', async () => {
    const store = memory()
    await accepted(store, [values({ password: 'hunter2' }), drivenFiles('source', { 'a.json': '{"max":1}' })])
    expect(Buffer.from(store.held ?? '').toString()).not.toContain('hunter2')
  })

  it('comes back byte for byte', async () => {
    const store = memory()
    const entries = [
      { key: 'a.txt', bytes: Buffer.from('täxt\n') },
      { key: 'b.properties', bytes: Buffer.from('a=1'), owner: 'one' },
      { path: ['deep', '__x'], value: { list: [1, null, 'a'], 1: 2 } },
    ]
    const source = drivenSource({}, { reading: () => ({ entries }) })
    await using before = await follow(source, { lastGood: store })
    await eventually(() => expect(store.saves).toHaveLength(1))
    source.set(new Error('gone'))
    await using after = await follow(source, { lastGood: store })
    expect(after.config.current).toEqual(before.config.current)
    expect(after.config.snapshot.digest).toBe(before.config.snapshot.digest)
  })

  it('is no canary, until that is promoted', async () => {
    const store = memory()
    const stable = drivenFiles('stable', { 'a.json': '{"max":1}' })
    const canary = drivenFiles('canary', { 'hot-config.share': '100%', 'a.json': '{"max":2}' })
    await using running = await follow(withCanary(stable, canary), { schema, lastGood: store })
    expect(running.config.current).toMatchObject({ max: 2 })
    stable.set({ 'a.json': '{"max":2}' })
    await running.config.reload()
    canary.set({})
    await running.config.reload()
    await eventually(() => expect(store.saves).toHaveLength(1))
    expect(running.config.snapshot.version).toBe(1)
    expect(Buffer.from(store.held ?? '').toString()).toContain('{\\"max\\":2}')
  })

  it.each<[string, HotConfigOptions['emptied'], boolean]>([
    ['stays what it was when a process starts with a source that has lost its entries', 'reject', true],
    ['is replaced where that is accepted', 'accept', false],
  ])('%s', async (_, emptied, stays) => {
    const store = memory()
    // one that should hold something
    const reading = (files: Readonly<Record<string, string>>) => ({ entries: fileEntries(files) })
    const source = drivenSource<Readonly<Record<string, string>>>(
      { 'a.json': '{"max":7}' },
      { name: 'source', reading },
    )
    await accepted(store, source)
    const other = drivenFiles('other', { 'b.json': '{"other":1}' })
    source.set({})
    await using running = await follow([source, other], { lastGood: store, emptied })
    other.set({ 'b.json': '{"other":2}' })
    await running.config.reload()
    await running.config.close()
    expect(
      Buffer.from(store.held ?? '')
        .toString()
        .includes('{\\"max\\":7}'),
    ).toBe(stays)
  })

  it('is not written again when it is the same, and is the newest when many come', async () => {
    const store = memory()
    const slow = gate()
    const save = store.save
    let running = 0
    let most = 0
    store.save = async (bytes, signal) => {
      most = Math.max(most, ++running)
      await slow.passed
      await save(bytes, signal)
      running--
    }
    const source = drivenFiles('source', { 'a.json': '{"max":0}' })
    await using followed = await follow(source, { schema, lastGood: store })
    for (let max = 1; max <= 9; max++) {
      source.set({ 'a.json': `{"max":${max}}` })
      expect(await followed.config.reload()).toBe('changed')
    }
    slow.open()
    await eventually(() => expect(Buffer.from(store.held ?? '').toString()).toContain('{\\"max\\":9}'))
    expect(store.saves.length).toBeLessThanOrEqual(2)
    expect(most).toBe(1)
    source.set({ 'a.json': '{"max":9}' })
    await followed.config.reload()
    await followed.config.close()
    expect(store.saves.length).toBeLessThanOrEqual(2)
  })
})

describe('a store of the program', () => {
  it.each<[string, object]>([
    ['store', { store: new Map() }],
    ['secrets', { secrets: 'of a vault' }],
    ['both', { store: '/elsewhere.json', secrets: true }],
  ])('may have properties that are named as the options are: %s', async (_, properties) => {
    const store = Object.assign(memory(), properties)
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    await accepted(store, source)
    source.set(new Error('gone'))
    await using running = await follow(source, { schema, lastGood: store })
    expect(running.config.health().servedFrom).toBe('last-good')
  })
})

describe('a fault of the store', () => {
  const good = async (): Promise<string> => {
    await accepted(path, drivenFiles('source', { 'a.json': '{"max":1}' }))
    return readFile(path, 'utf8')
  }

  it.each<[string, (text: string) => string | Uint8Array]>([
    ['torn', (text) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['no JSON', () => 'max: 1'],
    ['a list', () => '[]'],
    ['null', () => 'null'],
    ['binary', () => Buffer.from([0, 255, 254])],
    ['something else', () => '{"max":1}'],
    ['changed by hand', (text) => text.replace('{\\"max\\":1}', '{\\"max\\":2}')],
    ['without its checksum', (text) => text.replace(/"checksum":"[^"]*",/, '')],
    ['of another version', (text) => text.replace('"version":1', '"version":2')],
    ['without its sources', (text) => `${text.slice(0, text.indexOf(',"sources"'))}}`],
  ])('that is %s fails no start that works, and the error of one that does not is its own', async (_, broken) => {
    await writeFile(path, broken(await good()))
    const source = drivenFiles('source', new Error('gone'))
    const logger = recordingLogger()
    const error = await loadError(createHotConfig({ schema, sources: source, lastGood: path, logger }))
    expect(error.message).toBe("source: can't be read: gone")
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the last good configuration can't be loaded: it(s| is) /),
    ])
    source.set({ 'a.json': '{"max":1}' })
    await using running = await follow(source, { schema, lastGood: path })
    await running.config.close()
    // what was broken is replaced
    source.set(new Error('gone'))
    await using healed = await follow(source, { schema, lastGood: path })
    expect(healed.config.current).toMatchObject({ max: 1 })
  })

  it.each<[string, () => Promise<string>]>([
    ['in a folder that is not there', async () => join(folder, 'missing', 'file.json')],
    ['whose folder is a file', async () => (await writeFile(join(folder, 'file'), ''), join(folder, 'file', 'x.json'))],
    ['that is a folder', async () => (await mkdir(path), path)],
    ['in /proc, which is read-only', async () => '/proc/last-good.json'],
  ])('%s is one warning, and updates arrive', async (_, make) => {
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    await using running = await follow(source, { schema, lastGood: await make() })
    for (const max of [2, 3]) {
      source.set({ 'a.json': `{"max":${max}}` })
      expect(await running.config.reload()).toBe('changed')
    }
    await running.config.close()
    expect(running.config.current).toMatchObject({ max: 3 })
    const { length, 0: warning } = running.logger.at('warn')
    expect(length).toBe(1)
    expect(warning?.message).toMatch(/^the last good configuration can't be saved: E[A-Z]+/)
  })

  it('that passes leaves nothing unsaved, although no other update comes', async () => {
    const store = memory()
    const { save } = store
    let faults = 2
    store.save = async (bytes, signal) => {
      if (faults-- > 0) throw new Error('full')
      await save(bytes, signal)
    }
    await using running = await follow(drivenFiles('source', { 'a.json': '{"max":1}' }), { schema, lastGood: store })
    await eventually(() => expect(store.saves).toHaveLength(1))
    expect(Buffer.from(store.held ?? '').toString()).toContain('{\\"max\\":1}')
    const lines = running.logger.lines.filter(({ message }) => message.includes('last good'))
    expect(lines.map(({ message }) => message)).toEqual([
      "the last good configuration can't be saved: full",
      expect.stringMatching(/^the last good configuration is saved again/),
    ])
  })

  it('is told on the console where there is no logger, and so is its end', async () => {
    const written: string[] = []
    for (const level of ['info', 'warn'] as const) {
      vi.spyOn(console, level).mockImplementation((text: string) => void written.push(text))
    }
    const store = memory()
    const { save } = store
    store.save = async () => Promise.reject(new Error('full'))
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    await using config = await createHotConfig({ sources: source, schema, lastGood: store })
    await eventually(() => expect(written).toEqual(["hot-config: the last good configuration can't be saved: full"]))
    store.save = save
    source.set({ 'a.json': '{"max":2}' })
    await config.reload()
    await eventually(() => expect(written.slice(1)).toEqual(['hot-config: the last good configuration is saved again']))
  })

  it.each<[string, () => Promise<string>]>([
    ['a device', async () => (await symlink('/dev/null', path), path)],
    ['a pipe', async () => (await promisify(execFile)('mkfifo', [path]), path)],
  ])('that is %s is one warning each for load and save, and stays what it is', async (_, make) => {
    const special = await make()
    const source = drivenFiles('source', new Error('gone'))
    const logger = recordingLogger()
    const error = await loadError(createHotConfig({ schema, sources: source, lastGood: special, logger }))
    expect(error.message).toBe("source: can't be read: gone")
    source.set({ 'a.json': '{"max":1}' })
    await using running = await follow(source, { schema, lastGood: special })
    await running.config.close()
    expect([...logger.at('warn'), ...running.logger.at('warn')].map(({ message }) => message)).toEqual(
      ['loaded', 'saved'].map(
        (what) => `the last good configuration can't be ${what}: ${special} is not a regular file`,
      ),
    )
    expect((await stat(special)).isFile()).toBe(false)
    expect(await readdir(folder)).toEqual(['last-good.json'])
  })

  it.runIf(hasMountNamespaces)('on a full disk is one warning, and it is saved again once there is space', async () => {
    const { log } = await inMountNamespace(`
      await folder('/small')
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', at('/small')])
      await touch('/small/filler', 'x'.repeat(64 * 1024))
      const note = (_, message) => log.push(message)
      const logger = { info: note, warn: note, error: note }
      const options = { sources: volume.path, lastGood: at('/small/last-good.json'), logger }
      await volume.update({ 'app.yaml': 'max: 1' })
      const config = await createHotConfig(options)
      for (const max of [2, 3]) {
        await volume.update({ 'app.yaml': 'max: ' + max })
        await until(() => config.current.max === max)
      }
      await until(() => log.some((line) => line.includes('ENOSPC')))
      await unlink(at('/small/filler'))
      await volume.update({ 'app.yaml': 'max: 4' })
      await until(() => log.some((line) => line.includes('saved again')))
      await config.close()
      await volume.update({ 'app.yaml': 'max: [' })
      const next = await createHotConfig(options)
      log.push('starts with ' + next.current.max)
    `)
    expect(log.filter((line) => !line.startsWith('configuration changed'))).toEqual([
      'configuration loaded',
      expect.stringMatching(/^the last good configuration can't be saved: ENOSPC/),
      'the last good configuration is saved again',
      expect.stringMatching(/^configuration loaded from the last good one/),
      expect.stringMatching(/^update rejected/),
      'starts with 4',
    ])
  })

  it.each<[string, () => Promise<never>]>([
    ['fails', () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }))],
    ['throws at once', () => expect.fail('no store')],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])('that %s delays neither a start nor an update, and its end is one line', async (_, fault) => {
    const store = memory()
    const { save } = store
    store.save = fault
    store.load = fault
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    const began = performance.now()
    await using running = await follow(source, { schema, lastGood: store })
    source.set({ 'a.json': '{"max":2}' })
    expect(await running.config.reload()).toBe('changed')
    expect(performance.now() - began).toBeLessThan(1_900)
    await eventually(() => expect(running.logger.at('warn')).toHaveLength(1))
    store.save = save
    source.set({ 'a.json': '{"max":3}' })
    await running.config.reload()
    await eventually(() => expect(store.saves.length).toBeGreaterThan(0))
    expect(running.logger.at('warn')).toHaveLength(1)
    await eventually(() =>
      expect(running.logger.at('info').map(({ message }) => message)).toContain(
        'the last good configuration is saved again',
      ),
    )
  })

  it('that hangs delays the end of a process by two seconds at most, whatever waits to be saved', async () => {
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    const save = vi.fn(() => new Promise<void>(() => undefined))
    await using running = await follow(source, { schema, lastGood: { ...memory(), save } })
    await eventually(() => expect(save).toHaveBeenCalled())
    source.set({ 'a.json': '{"max":2}' })
    expect(await running.config.reload()).toBe('changed')
    const began = performance.now()
    await running.config.close()
    expect(performance.now() - began).toBeLessThan(3_000)
  })

  it('that hangs fails a start in about two seconds, with the reason of the source', async () => {
    const store: LastGoodStore = { ...memory(), load: () => new Promise(() => undefined) }
    const logger = recordingLogger()
    const { ready, config } = startHotConfig({
      sources: drivenFiles('source', new Error('gone')),
      lastGood: store,
      logger,
    })
    const error = await loadError(ready)
    expect(error.message).toBe("source: can't be read: gone")
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      "the last good configuration can't be loaded: not loaded within 2000 ms",
    ])
    await config.close()
  })

  it('that passes while the framework keeps trying to start leaves it the last good configuration', async () => {
    const store = memory()
    const source = drivenFiles('source', { 'a.json': '{"max":1}' })
    await accepted(store, source)
    const { load } = store
    store.load = () => Promise.reject(new Error('unreachable'))
    source.set(new Error('unreachable'))
    const middleware = express({ schema, sources: source, lastGood: store, logger: false })
    await eventually(() => expect(middleware.config.health().lastRejection?.message).toContain('unreachable'))
    store.load = load
    source.set({ 'a.json': '{"max":800}' })
    source.notify()
    await eventually(() => expect(middleware.config.health().servedFrom).toBe('last-good'))
    expect(middleware.config.current).toEqual({ max: 1, other: 0 })
    await middleware.close()
  })

  it('of one that can be read and not written starts from it', async () => {
    await good()
    await chmod(folder, 0o500)
    const source = drivenFiles('source', new Error('gone'))
    await using running = await follow(source, { schema, lastGood: path })
    expect(running.config.current).toMatchObject({ max: 1 })
    await chmod(folder, 0o700)
  })
})
