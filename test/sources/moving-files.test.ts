import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, file, volume } from '@hot-config/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { beforeFileCalls } from '../support/failing-files.ts'
import { follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'

/** How long a reading may take that names no time of its own. */
const READ_TIMEOUT_MS = 10_000

let folder: string
const at = (name: string): string => join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moving-'))
  await writeFile(at('app.yaml'), 'v: 1')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const inPlace = (name: string, text: string): void => writeFileSync(at(name), text)

const replaced = (name: string, text: string): void => {
  writeFileSync(at(`.${name}`), text)
  renameSync(at(`.${name}`), at(name))
}

/** More often than a file has to be left alone to count as complete. */
const WRITE_MS = 20

/** Runs `use` while a file is written anew whenever somebody reads it or its folder, unless it was written just now. */
async function whileWriting(name: string, write: (round: number) => void, use: () => Promise<void>): Promise<void> {
  let round = 0
  let last = -Infinity
  const again = (): void => {
    if (performance.now() - last < WRITE_MS) return
    last = performance.now()
    write(++round)
  }
  again()
  await beforeFileCalls((_call, path) => {
    if (path === at(name)) again()
  }, use)
}

describe('a file that is written again and again', () => {
  it.each([
    ['in place', inPlace],
    ['by replacing it', replaced],
  ])('ends the first load of its folder with an error that names it: %s', async (_how, write) => {
    await whileWriting(
      'heartbeat',
      (round) => write('heartbeat', `at ${round}`),
      async () => {
        const start = performance.now()
        const error = await loadError(createHotConfig({ sources: volume(folder), logger: false }))
        expect(error.message).toBe(
          `volume:${folder} heartbeat: can't be read: it kept changing for 3000 ms while it was read: ` +
            `write it less often; leave it out with ignore: ['heartbeat']`,
        )
        expect(performance.now() - start).toBeLessThan(READ_TIMEOUT_MS)
      },
    )
  })

  it('ends its own first load with an error', async () => {
    await whileWriting(
      'app.yaml',
      (round) => inPlace('app.yaml', `v: ${round}`),
      async () => {
        const error = await loadError(createHotConfig({ sources: file(at('app.yaml')), logger: false }))
        expect(error.message).toMatch(/^file:.*app\.yaml: can't be read: it kept changing for 3000 ms/)
      },
    )
  })

  it.each([
    ['in a folder', () => volume(folder)],
    ['alone', () => file(at('app.yaml'))],
  ])('is used where its content stays the same: %s', async (_where, source) => {
    await whileWriting(
      'app.yaml',
      () => replaced('app.yaml', 'v: 1'),
      async () => {
        await using followed = await follow(source())
        expect(followed.config.current).toEqual({ v: 1 })
      },
    )
  })

  it.each([
    ['in a folder', () => volume(folder)],
    ['alone', () => file(at('app.yaml'))],
  ])('is not said to keep changing after one change on a disk that is slow: %s', async (_where, source) => {
    let opened = 0
    const changeSlowly = (call: string): void => {
      if (call !== 'open' && call !== 'openSync') return
      // longer than a file may keep changing
      const end = performance.now() + 3_100
      while (opened === 0 && performance.now() < end) continue
      // a file alone is opened a second time, to find out whether it changed
      if (++opened === (call === 'open' ? 2 : 1)) replaced('app.yaml', 'v: 2')
    }
    replaced('app.yaml', 'v: 1')
    await beforeFileCalls(
      (call, path) => path.startsWith(folder) && changeSlowly(call),
      async () => {
        await using config = await createHotConfig({ sources: source(), logger: false })
        expect(config.current).toEqual({ v: 2 })
      },
    )
  })

  it('is a rejection that ends when it is left alone', async () => {
    await using followed = await follow(volume(folder), { recheckMs: 100 })
    await whileWriting(
      'heartbeat',
      (round) => inPlace('heartbeat', `at ${round}`),
      async () => {
        await followed.reports({ lastRejection: { message: expect.stringMatching(/heartbeat: can't be read: it k/) } })
        expect(followed.config.current).toEqual({ v: 1 })
      },
    )
    await writeFile(at('app.yaml'), 'v: 2')
    await followed.reports({ lastRejection: null })
    expect(followed.config.current).toMatchObject({ v: 2 })
  })

  it('holds up nothing where it is left out', async () => {
    await whileWriting(
      'heartbeat',
      (round) => inPlace('heartbeat', `at ${round}`),
      async () => {
        await using followed = await follow(volume(folder, { ignore: ['heartbeat'] }))
        await writeFile(at('app.yaml'), 'v: 2')
        await followed.serves({ v: 2 })
      },
    )
  })
})

describe('a file that is half written when it is read', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each([
    ['in a folder', () => volume(folder), 0],
    ['in a folder, by a clock that is ahead', () => volume(folder), 3_600_000],
    ['in a folder, by a clock that is behind', () => volume(folder), -3_600_000],
    ['alone', () => file(at('app.yaml')), 0],
    ['alone, by a clock that is ahead', () => file(at('app.yaml')), 3_600_000],
    ['alone, by a clock that is behind', () => file(at('app.yaml')), -3_600_000],
  ])('is served whole only: %s', async (_where, source, offset) => {
    const { now } = Date
    vi.spyOn(Date, 'now').mockImplementation(() => now() + offset)
    await using followed = await follow(source())
    let isHalf = true
    const writeTheRest = (call: string, path: string): void => {
      if (!isHalf || !call.startsWith('open') || path !== at('app.yaml')) return
      isHalf = false
      // just after this reading
      setTimeout(() => appendFileSync(path, '5'), 0)
    }
    await beforeFileCalls(writeTheRest, async () => {
      inPlace('app.yaml', 'v: 2')
      await followed.serves({ v: 25 })
    })
    expect(followed.served).toEqual([{ v: 1 }, { v: 25 }])
  })
})
