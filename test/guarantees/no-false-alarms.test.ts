import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { file, volume } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { freshName, useServer } from '../kubernetes/support.ts'
import { CONFIG_MAPS, must } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { startFakeApiServer } from '../support/fake-api-server.ts'
import { follow } from '../support/follow.ts'

const MANY = Array.from({ length: 25 }, (_, index) => `f${index}`)

const api = useServer(startFakeApiServer)

let warnings: Error[]
const listener = (warning: Error): void => void warnings.push(warning)
beforeEach(() => {
  warnings = []
  process.on('warning', listener)
})
afterEach(async () => {
  // a warning comes a turn later
  await new Promise(setImmediate)
  process.off('warning', listener)
})

describe('Node warns of no leak', () => {
  it('with many plain files, from the start and for an update of all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'many-'))
    const write = (value: number): Promise<unknown> =>
      Promise.all(MANY.map((name) => writeFile(join(folder, `${name}.json`), JSON.stringify({ [name]: value }))))
    await write(1)
    await using followed = await follow(MANY.map((name) => file(join(folder, `${name}.json`))))
    await write(2)
    await followed.serves(Object.fromEntries(MANY.map((name) => [name, 2])))
    expect(warnings).toEqual([])
    await rm(folder, { recursive: true })
  })

  it('with many files and folders of one volume', async () => {
    await using mounted = await createConfigMapVolume()
    const update = (value: number): Promise<void> =>
      mounted.update(Object.fromEntries(MANY.map((name) => [`${name}.json`, JSON.stringify({ [name]: value })])))
    await update(1)
    const files = MANY.map((name) => file(join(mounted.path, `${name}.json`)))
    await using followed = await follow([...files, ...MANY.map(() => volume(mounted.path))])
    await update(2)
    await followed.serves(Object.fromEntries(MANY.map((name) => [name, 2])))
    expect(warnings).toEqual([])
  })

  it('with many objects of the API that are waited for', async () => {
    const names = MANY.map(() => freshName())
    const starting = follow(names.map((name) => configMap({ name, ...api.connection() })))
    await Promise.all(
      names.map((name) => must(api.server, 'POST', CONFIG_MAPS, { metadata: { name }, data: { [name]: 'x' } })),
    )
    await using followed = await starting
    expect(Object.keys(followed.config.current)).toHaveLength(MANY.length)
    expect(warnings).toEqual([])
  })

  it('with many resources and hooks, built at first and for an update, and with many users of one signal', async () => {
    await using mounted = await createConfigMapVolume()
    await mounted.update({ 'app.yaml': 'n: 1' })
    await using followed = await follow(mounted.path)
    const { config } = followed
    const use = (signal: AbortSignal): void => MANY.forEach(() => signal.addEventListener('abort', () => undefined))
    let disposed = 0
    const dispose = async (): Promise<void> => {
      await new Promise(setImmediate)
      disposed++
    }
    const create = async (n: unknown, { signal }: { readonly signal: AbortSignal }): Promise<{ n: unknown }> => {
      use(signal)
      return { n }
    }
    const resources = await Promise.all(MANY.map(() => config.resource('n', create, { dispose, graceMs: 0 })))
    for (const _ of MANY) config.beforeChange(({ signal }) => use(signal))
    await mounted.update({ 'app.yaml': 'n: 2' })
    await eventually(() => expect(resources.every(({ current }) => current.n === 2)).toBe(true))
    await eventually(() => expect(disposed).toBe(MANY.length))
    expect(warnings).toEqual([])
  })
})
