import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, dotenv, file, volume } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { withFailingFiles } from '../support/failing-files.ts'
import { follow } from '../support/follow.ts'
import { loadError } from '../support/load-error.ts'

/** So rare that only `reload()` reads. */
const NO_RECHECK = { recheckMs: 3_600_000 }

/** How long a fault lasts that passes: until after the first pause before another reading, and after the second. */
const FAULT_MS = 60
const LONG_FAULT_MS = 200

const CODES = ['EACCES', 'EPERM', 'ESTALE', 'EIO', 'EBUSY', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOTCONN']

let root: string
const at = (path: string): string => join(root, path)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'faults-'))
})

afterEach(() => rm(root, { recursive: true, force: true }))

/** A source, and how what it holds is written. */
interface Kind {
  readonly source: () => Source
  readonly write: (v: number) => Promise<void>
}

const replace = async (path: string, text: string): Promise<void> => {
  await mkdir(join(at(path), '..'), { recursive: true })
  await writeFile(at(`.next`), text)
  await rename(at('.next'), at(path))
}

const mounted =
  (path: string, files: (v: number) => Readonly<Record<string, string>>) =>
  async (v: number): Promise<void> =>
    (await createConfigMapVolume(at(path))).update(files(v))

const KINDS: Readonly<Record<string, Kind>> = {
  'a volume': { source: () => volume(at('mounted')), write: mounted('mounted', (v) => ({ v: String(v), w: 'text' })) },
  'a folder of a volume': {
    source: () => volume(at('mounted/below')),
    write: mounted('mounted', (v) => ({ 'below/app.yaml': `v: ${v}` })),
  },
  'a plain folder': { source: () => volume(at('plain')), write: (v) => replace('plain/app.yaml', `v: ${v}`) },
  'a plain folder with folders': {
    source: () => volume(at('plain')),
    write: (v) => replace('plain/below/app.yaml', `v: ${v}`),
  },
  'a plain folder above a volume': {
    source: () => volume(at('plain')),
    write: mounted('plain/mounted', (v) => ({ 'app.yaml': `v: ${v}` })),
  },
  'a file': { source: () => file(at('plain/app.yaml')), write: (v) => replace('plain/app.yaml', `v: ${v}`) },
  'a file of a volume': {
    source: () => file(at('mounted/app.yaml')),
    write: mounted('mounted', (v) => ({ 'app.yaml': `v: ${v}` })),
  },
  'a file of variables': { source: () => dotenv(at('plain/.env')), write: (v) => replace('plain/.env', `v=${v}`) },
  'an optional file': {
    source: () => file(at('plain/app.yaml'), { required: false }),
    write: (v) => replace('plain/app.yaml', `v: ${v}`),
  },
  'an optional volume': {
    source: () => volume(at('mounted'), { required: false }),
    write: mounted('mounted', (v) => ({ 'app.yaml': `v: ${v}` })),
  },
}

/** Whether a path is one of what a test reads, from the first such call on, for so long. */
function failingFor(ms: number): (path: string) => boolean {
  let end: number | undefined
  return (path) => path.startsWith(root) && performance.now() < (end ??= performance.now() + ms)
}

describe.each(Object.entries(KINDS))('%s', (_name, { source, write }) => {
  it.each(CODES)('is read again when the system says %s for a moment', async (code) => {
    await write(1)
    await withFailingFiles(code, failingFor(FAULT_MS), async () => {
      await using _started = await follow(source(), NO_RECHECK)
    })
    await using followed = await follow(source(), NO_RECHECK)
    const { rejections, config } = followed
    await write(2)
    await withFailingFiles(code, failingFor(FAULT_MS), async () => void (await config.reload()))
    expect(rejections).toEqual([])
    expect(JSON.stringify(config.current)).toContain('2')
  })

  it('is read again when something is missing for a moment, once it was there', async () => {
    await write(1)
    await using followed = await follow(source(), NO_RECHECK)
    const { rejections, config } = followed
    await write(2)
    await withFailingFiles('ENOENT', failingFor(LONG_FAULT_MS), async () => void (await config.reload()))
    expect(rejections).toEqual([])
    expect(JSON.stringify(config.current)).toContain('2')
  })

  it('rejects a fault that stays, with the code, within seconds', async () => {
    await write(1)
    await using followed = await follow(source(), NO_RECHECK)
    await withFailingFiles('EIO', failingFor(Infinity), async () => {
      void followed.config.reload()
      await followed.reports({ lastRejection: { message: expect.stringMatching(/: can't be read: EIO/) } })
      const error = await loadError(createHotConfig({ sources: source(), logger: false }))
      expect(error.message).toMatch(/: can't be read: EIO/)
    })
  })
})

describe('what is not there at the start', () => {
  it.each([
    ['a file', () => file(at('none.yaml')), /none\.yaml: can't be read: ENOENT/],
    ['a file of variables', () => dotenv(at('none.env')), /none\.env: can't be read: ENOENT/],
    ['a volume', () => volume(at('none')), /is the ConfigMap or Secret mounted there\?/],
  ])('fails at once: %s', async (_what, source, message) => {
    const start = performance.now()
    const error = await loadError(createHotConfig({ sources: source(), logger: false }))
    expect(error.message).toMatch(message)
    expect(performance.now() - start).toBeLessThan(500)
  })

  it('is waited for in the middle of an update', async () => {
    await mounted('mounted', () => ({ 'app.yaml': 'v: 1' }))(1)
    await rename(at('mounted/..data'), at('mounted/..gone'))
    await symlink('..none', at('mounted/..data'))
    const loading = createHotConfig({ sources: file(at('mounted/app.yaml')), logger: false })
    await rename(at('mounted/..gone'), at('mounted/..data'))
    await using config = await loading
    expect(config.current).toEqual({ v: 1 })
  })
})
