import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import * as nodeTest from 'node:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { env, file, values, volume } from '@hot-config/core'
import type { Source } from '@hot-config/core'
import { createConfigMapVolume, sourceContract } from '@hot-config/testing'
import type { SourceContractOptions, SourceFixture } from '@hot-config/testing'
import { describe, expectTypeOf, it } from 'vitest'

/** The same number in several keys, so that a mixture would show. */
function filesWith(version: number): Record<string, string> {
  return Object.fromEntries(['a.json', 'b.yaml', 'log/level'].map((key) => [key, `{ "version": ${version} }`]))
}

async function volumeFixture(): Promise<SourceFixture> {
  const configMap = await createConfigMapVolume()
  let version = 0
  const change = (): Promise<void> => configMap.update(filesWith(++version))
  await change()
  return {
    source: volume(configMap.path),
    change,
    takeAway: () => configMap.remove(),
    bringBack: async () => {
      await mkdir(configMap.path)
      await change()
    },
    dispose: () => configMap.remove(),
  }
}

/** A path below a folder of its own, which is replaced in one step by what `make` makes. */
async function pathFixture(
  name: string,
  make: (path: string, version: number) => Promise<void>,
): Promise<Omit<Required<SourceFixture>, 'source'> & { path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'source-'))
  const path = join(folder, name)
  let version = 0
  const change = (): Promise<void> => make(path, ++version)
  await change()
  return {
    path,
    change,
    takeAway: () => rm(path, { recursive: true }),
    bringBack: change,
    dispose: () => rm(folder, { recursive: true }),
  }
}

describe('volume() of a ConfigMap', () => {
  sourceContract({ describe, it, factory: volumeFixture })
})

describe('volume() of a plain folder', () => {
  const factory = async (): Promise<SourceFixture> => {
    const fixture = await pathFixture('config', async (path, version) => {
      await mkdir(path, { recursive: true })
      await writeFile(join(path, '.next'), `{ "version": ${version} }`)
      await rename(join(path, '.next'), join(path, 'app.json'))
    })
    return { ...fixture, source: volume(fixture.path) }
  }
  sourceContract({ describe, it, factory })
})

describe('file() that is written over', () => {
  const factory = async (): Promise<SourceFixture> => {
    const fixture = await pathFixture('app.json', (path, version) =>
      // one write to the same file: it is never cut short first
      writeFile(path, JSON.stringify({ version: 1000 + version }), { flag: version === 1 ? 'w' : 'r+' }),
    )
    const bringBack = (): Promise<void> => writeFile(fixture.path, '{"version":1000}')
    return { ...fixture, bringBack, source: file(fixture.path) }
  }
  sourceContract({ describe, it, factory })
})

describe('file() that is replaced', () => {
  const factory = async (): Promise<SourceFixture> => {
    const fixture = await pathFixture('app.json', async (path, version) => {
      await writeFile(`${path}.next`, `{ "version": ${version} }`)
      await rename(`${path}.next`, path)
    })
    return { ...fixture, source: file(fixture.path) }
  }
  sourceContract({ describe, it, factory })
})

describe('file() of a ConfigMap', () => {
  const factory = async (): Promise<SourceFixture> => {
    const fixture = await volumeFixture()
    return { ...fixture, source: file(join(fixture.source.name.replace('volume:', ''), 'a.json')) }
  }
  sourceContract({ describe, it, factory })
})

describe('env()', () => {
  const factory = (): SourceFixture => {
    let version = 0
    const change = (): void => {
      process.env['SOURCE_CONTRACT_VERSION'] = String(++version)
    }
    change()
    return {
      source: env({ prefix: 'SOURCE_CONTRACT_' }),
      change,
      dispose: () => {
        delete process.env['SOURCE_CONTRACT_VERSION']
      },
    }
  }
  sourceContract({ describe, it, factory, capabilities: { vanishes: false, watches: false } })
})

describe('values()', () => {
  sourceContract({
    describe,
    it,
    factory: () => ({ source: values({ log: { level: 'info' } }) }),
    capabilities: { changes: false, vanishes: false, watches: false },
  })
})

/** A source of somebody else's: a document behind HTTP, which it asks for again and again. */
function remote(url: string): Source {
  return {
    name: `remote:${url}`,
    async read(signal) {
      const response = await fetch(url, { signal })
      if (!response.ok) throw new Error(`the server answered ${response.status}`)
      const revision = response.headers.get('etag') ?? ''
      const bytes = new Uint8Array(await response.arrayBuffer())
      return { revision, stamp: revision, entries: [{ key: 'app.json', bytes }] }
    },
    watch({ changed, lastStamp, recheckMs }) {
      const abort = new AbortController()
      const look = async (): Promise<void> => {
        const response = await fetch(url, { method: 'HEAD', signal: abort.signal }).catch(() => undefined)
        if (!abort.signal.aborted && response?.headers.get('etag') !== lastStamp()) changed()
      }
      const timer = setInterval(() => void look(), recheckMs).unref()
      return {
        by: 'polling',
        warnings: [],
        close: () => {
          clearInterval(timer)
          abort.abort()
        },
      }
    },
  }
}

describe("a third party's source", () => {
  const factory = async (): Promise<SourceFixture> => {
    let version = 1
    let port = 0
    const server = createServer((_request, response) => {
      response.writeHead(200, { etag: `"${version}"` }).end(`{ "version": ${version} }`)
    })
    const listen = async (): Promise<void> => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    }
    const takeAway = async (): Promise<void> => {
      if (!server.listening) return
      server.close().closeAllConnections()
      await once(server, 'close')
    }
    await listen()
    return {
      source: remote(`http://127.0.0.1:${port}/`),
      change: () => {
        version++
      },
      takeAway,
      bringBack: listen,
      dispose: takeAway,
    }
  }
  sourceContract({ describe, it, factory, capabilities: { notifies: false } })
})

describe('the source contract', () => {
  it('accepts the functions of node:test as well as those of vitest', () => {
    expectTypeOf(nodeTest.describe).toExtend<SourceContractOptions['describe']>()
    expectTypeOf(nodeTest.it).toExtend<SourceContractOptions['it']>()
    expectTypeOf(describe).toExtend<SourceContractOptions['describe']>()
    expectTypeOf(it).toExtend<SourceContractOptions['it']>()
  })
})
