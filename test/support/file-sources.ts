import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { dotenv, file, volume, withFallback } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { configMap, configMaps, secret } from '@hot-config/kubernetes'
import type { ConnectionOptions } from '@hot-config/kubernetes'
import { createConfigMapVolume } from '@hot-config/testing'

import { freshName } from '../kubernetes/support.ts'
import { CONFIG_MAPS, SECRETS, must } from './api-server.ts'
import type { ApiServer } from './api-server.ts'

export type Files = Readonly<Record<string, string>>

/** Something that holds files by key, with the hands on it. */
export interface Held extends AsyncDisposable {
  /** One more source on it at each call. */
  source(options?: { required?: boolean }): Source
  /** Has it hold these files and no others. */
  hold(files: Files): Promise<void>
  /** Takes the whole of it away, where that is something else than holding nothing. */
  takeAway?(): Promise<void>
}

/** A kind of source that holds files, and the key of the file where that is one. */
export interface FileSource {
  readonly kind: string
  readonly onlyKey?: string
  make(api: { readonly server: ApiServer; connection(): ConnectionOptions }): Promise<Held>
}

/** Every kind of source that holds what somebody wrote, and not what the program or its environment says. */
export const FILE_SOURCES: readonly FileSource[] = [
  { kind: 'volume()', make: async () => mounted((path, options) => volume(path, options)) },
  { kind: 'volume() of a plain folder', make: async () => plain((path, options) => volume(path, options)) },
  {
    kind: 'file()',
    onlyKey: 'app.yaml',
    make: async () => plain((path, options) => file(join(path, 'app.yaml'), options)),
  },
  {
    kind: 'file() of a volume',
    onlyKey: 'app.yaml',
    make: async () => mounted((path, options) => file(join(path, 'app.yaml'), options)),
  },
  {
    kind: 'dotenv()',
    onlyKey: '.env',
    make: async () => plain((path, options) => dotenv(join(path, '.env'), options)),
  },
  {
    kind: 'configMap()',
    make: async ({ server, connection }) => {
      const name = freshName()
      return objects(server, CONFIG_MAPS, [name], (options) => configMap({ name, ...connection(), ...options }))
    },
  },
  {
    kind: 'secret()',
    make: async ({ server, connection }) => {
      const name = freshName()
      return objects(server, SECRETS, [name], (options) => secret({ name, ...connection(), ...options }))
    },
  },
  {
    kind: 'configMaps()',
    make: async ({ server, connection }) => {
      const [a, b] = [freshName(), freshName()]
      const labelSelector = `app=${a}`
      return objects(
        server,
        CONFIG_MAPS,
        [a, b],
        (options) => configMaps({ labelSelector, ...connection(), ...options }),
        a,
      )
    },
  },
  {
    kind: 'withFallback() of the API and a volume',
    make: async ({ server, connection }) => {
      const name = freshName()
      await using none = await mounted((path) => volume(path))
      return objects(server, CONFIG_MAPS, [name], (options) =>
        withFallback(configMap({ name, ...connection(), ...options }), none.source(), { patienceMs: 10_000 }),
      )
    },
  },
  {
    kind: 'withFallback() to a volume',
    make: async () => {
      const missing: Source = { name: 'missing', read: async () => Promise.reject(new Error('is not there')) }
      return mounted((path, options) => withFallback(missing, volume(path, options)))
    },
  },
]

type Make = (path: string, options: { required?: boolean } | undefined) => Source

async function mounted(make: Make): Promise<Held> {
  const path = await mkdtemp(join(tmpdir(), 'held-'))
  const configMapVolume = await createConfigMapVolume(path)
  return {
    source: (options) => make(path, options),
    hold: (files) => configMapVolume.update(files),
    [Symbol.asyncDispose]: () => configMapVolume.remove(),
  }
}

async function plain(make: Make): Promise<Held> {
  const path = await mkdtemp(join(tmpdir(), 'held-'))
  return {
    source: (options) => make(path, options),
    async hold(files) {
      for (const [key, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, key)), { recursive: true })
        // in one step, so that no test meets a file half written
        await writeFile(join(path, '.next'), text)
        await rename(join(path, '.next'), join(path, key))
      }
      for (const name of await readdir(path)) if (!(name in files)) await rm(join(path, name), { recursive: true })
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  }
}

/** Objects of the API, of which the last holds the files. */
async function objects(
  server: ApiServer,
  path: string,
  names: readonly string[],
  make: (options: { required?: boolean } | undefined) => Source,
  app?: string,
): Promise<Held> {
  const last = names.at(-1)
  let exists = false
  const bodyOf = (name: string, files: Files): object => {
    const data = Object.fromEntries(
      Object.entries(files).map(([key, text]) => [key, path === SECRETS ? Buffer.from(text).toString('base64') : text]),
    )
    return { metadata: { name, ...(app !== undefined && { labels: { app } }) }, ...(name === last && { data }) }
  }
  const takeAway = async (): Promise<void> => {
    if (exists) for (const name of names) await must(server, 'DELETE', `${path}/${name}`)
    exists = false
  }
  return {
    source: make,
    async hold(files) {
      for (const name of names) {
        if (exists) await must(server, 'PUT', `${path}/${name}`, bodyOf(name, files))
        else await must(server, 'POST', path, bodyOf(name, files))
      }
      exists = true
    },
    takeAway,
    [Symbol.asyncDispose]: takeAway,
  }
}
