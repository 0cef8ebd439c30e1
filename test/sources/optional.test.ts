import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { createHotConfig, dotenv, file, values, volume } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { follow } from '../support/follow.ts'

const NO_RECHECK = { recheckMs: 3_600_000 }
const notification = process.platform === 'linux' ? 'inotify' : 'fs.watch'

let root: string
const at = (path: string): string => join(root, path)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'optional-'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(root, { recursive: true, force: true })
})

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), text)
}

interface Optional {
  readonly kind: string
  /** @param options what the test adds */
  readonly of: (options: { readonly required?: boolean }) => Source
  readonly put: (n: number) => Promise<void>
}

/** Sources that need not be there, at paths of which nothing is there. */
const OPTIONAL: readonly Optional[] = [
  {
    kind: 'file()',
    of: (options) => file(at('a/b/app.yaml'), options),
    put: (n) => write('a/b/app.yaml', `n: '${n}'`),
  },
  {
    kind: 'dotenv()',
    of: (options) => dotenv(at('a/b/.env.local'), options),
    put: (n) => write('a/b/.env.local', `N=${n}\n`),
  },
  {
    kind: 'volume() of a plain folder',
    of: (options) => volume(at('a/b/config'), options),
    put: (n) => write('a/b/config/app.yaml', `n: '${n}'`),
  },
  {
    kind: 'volume()',
    of: (options) => volume(at('a/b/config'), options),
    put: async (n) => (await createConfigMapVolume(at('a/b/config'))).update({ 'app.yaml': `n: '${n}'` }),
  },
  {
    kind: 'a file() of a volume',
    of: (options) => file(at('a/b/config/app.yaml'), options),
    put: async (n) => (await createConfigMapVolume(at('a/b/config'))).update({ 'app.yaml': `n: '${n}'` }),
  },
  {
    kind: 'a file() behind a link',
    of: (options) => file(at('link/app.yaml'), options),
    put: async (n) => {
      await write('real/app.yaml', `n: '${n}'`)
      await symlink('real', at('link')).catch(() => undefined)
    },
  },
]

describe.each(OPTIONAL)('$kind that is not required', ({ of, put }) => {
  it('is an empty layer while it is missing, without a warning', async () => {
    await using followed = await follow([values({ base: 1 }), of({ required: false })])
    expect(followed.config.current).toEqual({ base: 1 })
    expect(followed.config.health()).toMatchObject({
      status: 'pass',
      sources: [{}, { revision: 'none', watching: notification, updatable: true, warnings: [] }],
    })
    expect(followed.logger.at('warn')).toEqual([])
  })

  it('is noticed at once when it appears, however much of its path was missing, and followed from then on', async () => {
    await using followed = await follow([values({ base: 1 }), of({ required: false })], NO_RECHECK)
    for (const n of [1, 2, 3]) {
      await put(n)
      await followed.serves({ base: 1, n: String(n) })
    }
    expect(followed.config.health().sources[1]).toMatchObject({ watching: notification, warnings: [] })
  })

  it('keeps its last good values when it goes, and follows what comes back', async () => {
    await put(1)
    await using followed = await follow([values({ base: 1 }), of({ required: false })], NO_RECHECK)
    await rm(root, { recursive: true })
    await mkdir(root)
    await followed.reports({ status: 'warn', lastRejection: { message: expect.stringMatching(/emptied: 'accept'/) } })
    expect(followed.config.current).toEqual({ base: 1, n: '1' })
    await put(2)
    await followed.serves({ base: 1, n: '2' })
    await followed.reports({ status: 'pass' })
  })

  it('goes without a rejection where the program accepts that', async () => {
    await put(1)
    await using followed = await follow([values({ base: 1 }), of({ required: false })], {
      ...NO_RECHECK,
      emptied: 'accept',
    })
    await rm(root, { recursive: true })
    await followed.serves({ base: 1 })
    await mkdir(root)
  })

  it('is an error when it is required', async () => {
    await expect(createHotConfig({ sources: of({}), logger: false })).rejects.toThrow(/ENOENT/)
  })
})

describe('a folder that is not required', () => {
  it('may be there and empty, as the volume of an optional ConfigMap is', async () => {
    await using mounted = await createConfigMapVolume(at('config'))
    await mounted.update({ x: '1' })
    await mounted.update({})
    await using followed = await follow(volume(at('config'), { required: false }))
    await followed.reports({ status: 'pass', sources: [{ warnings: [] }] })
    await mounted.update({ 'app.yaml': 'n: 1' })
    await followed.serves({ n: 1 })
  })

  it('may become a plain one after a mounted one', async () => {
    const mounted = await createConfigMapVolume(at('config'))
    await mounted.update({ 'app.yaml': 'n: 1' })
    await using followed = await follow(volume(at('config'), { required: false }), { recheckMs: 20 })
    await mounted.remove()
    await followed.reports({ status: 'warn' })
    await write('config/app.yaml', 'n: 2')
    await followed.serves({ n: 2 })
  })
})

describe('the default path', () => {
  it('says HOT_CONFIG_PATH where nothing is mounted, and only there', async () => {
    vi.stubEnv('HOT_CONFIG_PATH', undefined)
    const hint =
      /mounted there\?; outside a cluster, set HOT_CONFIG_PATH to .* `sources` is left out or names process\.env\.HOT_CONFIG_PATH/
    await expect(createHotConfig({ logger: false })).rejects.toThrow(hint)
    await expect(createHotConfig({ sources: '/etc/config', logger: false })).rejects.toThrow(hint)
    await expect(createHotConfig({ sources: at('none'), logger: false })).rejects.toThrow(/mounted there\?$/)
  })

  it('is that of HOT_CONFIG_PATH where it is set', async () => {
    await write('app.yaml', 'n: 1')
    for (const path of [root, at('app.yaml')]) {
      vi.stubEnv('HOT_CONFIG_PATH', path)
      await using config = await createHotConfig({ logger: false })
      expect(config.current).toEqual({ n: 1 })
    }
  })
})
