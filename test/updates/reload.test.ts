import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { drivenSource } from '../support/driven-source.ts'
import { drive } from '../support/follow.ts'

describe('reload', () => {
  it('resolves with whether the configuration changed, stayed or was rejected', async () => {
    await using running = await drive(drivenSource({ port: 1 }), { schema: z.object({ port: z.number() }) })
    const { config, update } = running
    expect(await config.reload()).toBe('unchanged')
    expect(await update({ port: 2 })).toBe('changed')
    expect(config.current.port).toBe(2)
    expect(await update({ port: 'x' })).toBe('rejected')
    expect(config.current.port).toBe(2)
  })

  it('tries again what was rejected', async () => {
    let up = true
    const schema = (input: Record<string, unknown>): Record<string, unknown> => {
      if (!up) throw new Error('the directory service is down')
      return input
    }
    await using running = await drive(drivenSource({ n: 0 }), { schema })
    const { config, update } = running
    up = false
    expect(await update({ n: 1 })).toBe('rejected')
    up = true
    expect(await config.reload()).toBe('changed')
    expect(config.current['n']).toBe(1)
  })
})

/** Programs that wait for nothing else, and what they print. */
const PROGRAMS: Readonly<Record<string, readonly [work: string, prints: string]>> = {
  'reload()': ['config.beforeChange(forEver, { timeoutMs: 200 }); print(await config.reload())', 'rejected'],
  'resource()': ["await config.resource('n', forEver, { timeoutMs: 200 }).catch(print)", 'TimeoutError: not done'],
  'resource() that is slow': ["print((await config.resource('n', late)).current)", 'late'],
  'close()': [
    "await config.resource('n', late, { dispose: async () => print(await late()) }); await config.close()",
    'late',
  ],
}

it.each(Object.keys(PROGRAMS))('%s ends before a program that waits for nothing else', async (what) => {
  const [work = '', prints] = PROGRAMS[what] ?? []
  const program = `
    import { createHotConfig } from '@hot-config/core'
    const print = (what) => process.stdout.write(String(what))
    const forEver = () => new Promise(() => undefined)
    const late = () => new Promise((resolve) => setTimeout(resolve, 200, 'late').unref())
    let revision = 0
    const read = async () => ({ revision: \`\${++revision}\`, entries: [{ path: ['n'], value: revision }] })
    const config = await createHotConfig({ logger: false, sources: { name: 'own', read } })
    ${work}`
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  expect(stdout).toContain(prints)
})
