import type { Worker } from 'node:worker_threads'

import { describe, expect, it, vi } from 'vitest'

import { drivenSource } from '../support/driven-source.ts'
import { eventually } from '../support/eventually.ts'
import { gate } from '../support/gate.ts'
import { countWorkers, filesSource, inWorker, onMain, runScript, start } from '../support/heavy-builds.ts'
import type { Files, Tree } from '../support/heavy-builds.ts'
import { heavy } from '../support/heavy-documents.ts'
import { recordingLogger } from '../support/recording-logger.ts'

/** Node 20 knows it by its first name alone, Node 24 by its last one. */
const PERMISSION_FLAG = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

const workers = countWorkers()

describe('a heavy document', () => {
  it('that is broken leaves the last good snapshot, until the next good one', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'version: 1') })
    await using config = await start(inWorker, source)
    const { snapshot } = config
    source.set({ 'app.yaml': heavy('app.yaml', 'version: [') })
    expect(await config.reload()).toBe('rejected')
    expect(config.snapshot).toBe(snapshot)
    expect(config.health()).toMatchObject({ status: 'warn' })
    source.set({ 'app.yaml': heavy('app.yaml', 'version: 2') })
    expect(await config.reload()).toBe('changed')
    expect(config.current['version']).toBe(2)
    expect(config.health()).toMatchObject({ status: 'pass', lastRejection: null })
    expect(workers.answered).toBe(3)
  })

  it('with the same bytes is not parsed again', async () => {
    await using config = await start(inWorker, filesSource({ 'app.yaml': heavy('app.yaml', 'a: 1') }))
    expect(await config.reload()).toBe('unchanged')
    expect(workers.answered).toBe(1)
  })

  it('keeps every part that did not change', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'a: {b: {c: 1}}\nsame: {list: [1, {x: 2}]}') })
    await using config = await start(inWorker, source)
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

  it('has snapshots of one hidden class with fast properties', async () => {
    const outcome = await runScript('shapes', '--allow-natives-syntax')
    expect(outcome).toMatchObject({ answered: 2, objects: 2_001, otherShapes: 0, slow: 0 })
  })

  it('of a secret is never shown', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'password: Tr0ub4dor') }, true)
    await using config = await start(inWorker, source)
    source.set({ 'app.yaml': heavy('app.yaml', 'password: Tr0ub4dor-2') })
    expect(await config.reload()).toBe('changed')
    expect(JSON.stringify(config.history())).not.toContain('Tr0ub4dor')
    expect(JSON.stringify(config.history())).toContain('[redacted]')
  })

  it('does not block the event loop while it is parsed', async () => {
    const source = filesSource({ 'app.yaml': heavy('app.yaml', 'a: 1') })
    await using config = await start(inWorker, source)
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

describe('a heavy document that no worker parses', () => {
  it('is one warning for all updates, with the reason and what to do', async () => {
    const logger = recordingLogger()
    const source = filesSource({ 'app.yaml': 'a: 1' })
    // The sources have no file beside them that a worker could run, as a bundle of one file.
    await using config = await onMain.createHotConfig({ sources: source, logger })
    expect(logger.at('warn')).toEqual([])
    for (const version of [2, 3]) {
      source.set({ 'app.yaml': heavy('app.yaml', `a: ${version}`) })
      expect(await config.reload()).toBe('changed')
    }
    expect(logger.at('warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^large files are parsed in the main thread, .*: Cannot find module .*parser-worker.*; in a bundle, add @hot-config\/core\/parser-worker /,
      ),
    ])
    expect(config.health().status).toBe('pass')
  })

  it('is a warning as well when the worker ends before its time', async () => {
    const logger = recordingLogger()
    const end = (worker: Worker): void => void worker.terminate()
    process.on('worker', end)
    try {
      const sources = filesSource({ 'app.yaml': heavy('app.yaml', 'a: 1') })
      await using config = await inWorker.createHotConfig({ sources, logger })
      expect(config.current).toHaveProperty('a', 1)
    } finally {
      process.off('worker', end)
    }
    expect(logger.at('warn').map(({ message }) => message)).toEqual([expect.stringContaining(': the worker ended; ')])
  })

  it('is no warning where the worker parses it', async () => {
    const logger = recordingLogger()
    const sources = filesSource({ 'app.yaml': heavy('app.yaml', 'a: 1') })
    await using _ = await inWorker.createHotConfig({ sources, logger })
    expect(logger.at('warn')).toEqual([])
  })
})

describe('updates that arrive while a heavy one is in progress', () => {
  it('end with the last of them, and no value mixes two', async () => {
    const files = (version: number): Files => ({
      'a.yaml': heavy('a.yaml', `left: ${version}`),
      'b.json': `{"right": ${version}}`,
    })
    const source = filesSource(files(0))
    await using config = await start(inWorker, source)
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

  it(
    'share parts with the snapshot that they follow, whenever an older one is served',
    { timeout: 60_000 },
    async () => {
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
        // it still waits for its hook after the check that found it has ended
        await afterTurns(200)
        source.set(valueOf(3, 2))
        await Promise.all([older, config.reload()])
        expect(config.current).toMatchObject({ version: 3, part: { deep: { part: 2 } } })
        expect(config.health().listenerErrors).toBe(0)
        if (steps.length === 2) between++
        expect(['1 to 3', '1 to 2,2 to 3']).toContain(steps.join())
      }
      expect(between).toBeGreaterThan(0)
    },
  )
})

async function afterTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
}

describe('closing', () => {
  it('while a heavy document is parsed ends the worker, and the reload that waits for it', async () => {
    const source = filesSource({ 'app.yaml': 'a: 1' })
    const config = await start(inWorker, source)
    source.set({ 'app.yaml': heavy('app.yaml', 'a: 2') })
    const ended = config.reload().catch((error: unknown) => error)
    await eventually(() => expect(workers.running).toBe(1))
    await config.close()
    expect(await ended).toBeInstanceOf(inWorker.ClosedError)
    expect(config.current).toEqual({ a: 1 })
  })

  it('during the first load lets the process end, while a first load keeps it alive', async () => {
    expect(await runScript('load')).toEqual({ value: 1, threads: 1, answered: 1, left: [] })
    expect(await runScript('close')).toEqual({ error: 'ClosedError', threads: 1, answered: 0, left: [] })
    // where workers are not allowed it is parsed without one
    const locked = ['--no-warnings', PERMISSION_FLAG, '--allow-fs-read=*']
    expect(await runScript('load', ...locked)).toEqual({ value: 1, threads: 0, answered: 0, left: [] })
    // the worker must not run the hooks of the program: this one would end it
    const hook = "import { isMainThread } from 'node:worker_threads'; if (!isMainThread) process.exit(9)"
    const hooked = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
    expect(await runScript('load', ...hooked)).toEqual({ value: 1, threads: 1, answered: 1, left: [] })
  })
})
