import { readFile, readlink, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { createHotConfig } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { CliFolder, configMapManifest } from '../support/cli.ts'
import { eventually } from '../support/eventually.ts'

const manifest = (level: string): string => configMapManifest('shop', { 'app.yaml': `log: { level: ${level} }` })

describe('hot-config mount', () => {
  it('writes a volume that a service follows, and updates it when it runs again', async () => {
    await using folder = await CliFolder.create({ 'a.yaml': manifest('info') })
    const first = await folder.run(['mount', 'a.yaml', 'volume'])
    expect([first.code, first.stdout]).toEqual([0, 'volume has ConfigMap shop: app.yaml\n'])
    await using config = await createHotConfig({ sources: join(folder.path, 'volume'), logger: false })
    expect(config.current).toEqual({ log: { level: 'info' } })

    await folder.write({ 'a.yaml': manifest('debug') })
    await folder.run(['mount', 'a.yaml', 'volume'])
    await eventually(() => expect(config.current).toEqual({ log: { level: 'debug' } }))
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'follows the manifest with --watch until %s, and keeps the volume',
    async (signal) => {
      await using folder = await CliFolder.create({ 'a.yaml': manifest('info') })
      const running = folder.start(['mount', 'a.yaml', 'volume', '--watch'])
      const key = join(folder.path, 'volume/app.yaml')
      const serves = (level: string): Promise<void> =>
        eventually(async () => expect(await readFile(key, 'utf8')).toBe(`log: { level: ${level} }\n`))
      await serves('info')

      // as editors save: in place, and by a rename
      await writeFile(join(folder.path, 'a.yaml'), manifest('debug'))
      await serves('debug')
      await writeFile(join(folder.path, 'b.yaml'), manifest('warn'))
      await rename(join(folder.path, 'b.yaml'), join(folder.path, 'a.yaml'))
      await serves('warn')

      await writeFile(join(folder.path, 'a.yaml'), 'kind: [')
      await eventually(() => expect(running.output()).toMatch(/a\.yaml:1:\d+ is not YAML/))
      await serves('warn')
      await writeFile(join(folder.path, 'a.yaml'), manifest('error'))
      await serves('error')

      running.child.kill(signal)
      expect((await running.result).code).toBe(0)
      expect(await readlink(join(folder.path, 'volume/..data'))).toMatch(/^\.\.\d{4}_/)
    },
  )

  it('waits for the delay before an update', async () => {
    await using folder = await CliFolder.create({ 'a.yaml': manifest('info') })
    const start = performance.now()
    await folder.run(['mount', 'a.yaml', 'volume', '--delay', '1500ms'])
    expect(performance.now() - start).toBeGreaterThan(1_500)
  })

  it('reads a Secret by its name from standard input', async () => {
    const input = `${manifest('info')}---\nkind: Secret\nmetadata: { name: keys }\ndata: { token: aHVudGVyMg== }\n`
    await using folder = await CliFolder.create()
    const result = await folder.run(['mount', '--name', 'keys', '--json', '-', 'volume'], { input })
    expect(JSON.parse(result.stdout)).toMatchObject({ folder: 'volume', object: 'Secret keys', keys: ['token'] })
    expect(result.stdout).not.toContain('hunter2')
    expect(await readFile(join(folder.path, 'volume/token'), 'utf8')).toBe('hunter2')
  })

  it('tells a ConfigMap and a Secret of one name apart by a kind before it', async () => {
    const input = ['kind: ConfigMap\ndata: { a: x }', 'kind: Secret\nstringData: { b: text }']
      .map((text) => `${text}\nmetadata: { name: shop }\n`)
      .join('---\n')
    await using folder = await CliFolder.create()
    const { code, stderr } = await folder.run(['mount', '--name', 'shop', '-', 'volume'], { input })
    expect([code, stderr]).toEqual([2, expect.stringContaining('write --name configmap/shop or secret/shop')])
    const secret = await folder.run(['mount', '--name', 'secret/shop', '--json', '-', 'volume'], { input })
    expect(JSON.parse(secret.stdout)).toMatchObject({ object: 'Secret shop', keys: ['b'] })
  })

  it.each([
    [
      'a manifest with several objects',
      `${manifest('a')}---\n${manifest('b')}`,
      ['-', 'volume'],
      2,
      /choose one with --name/,
    ],
    ['a manifest without one', 'kind: Pod', ['-', 'volume'], 2, /no ConfigMap and no Secret/],
    ['a folder with other files', manifest('a'), ['-', '.'], 2, /is not empty and not a volume/],
    ['a file instead of a folder', manifest('a'), ['-', 'file'], 2, /it is not a folder/],
    [
      'a manifest that Kubernetes rejects',
      'kind: ConfigMap\ndata: { a: 1 }',
      ['-', 'volume'],
      1,
      /stdin:2:9 data\.a must be/,
    ],
    ['standard input with --watch', manifest('a'), ['-', 'volume', '--watch'], 2, /--watch needs a file/],
    ['a duration without a unit', manifest('a'), ['-', 'volume', '--delay', '5'], 2, /such as 500ms, 5s or 2m/],
  ])('does not accept %s', async (_, input, args, expected, message) => {
    await using folder = await CliFolder.create({ file: '' })
    const { code, stdout, stderr } = await folder.run(['mount', ...args], { input })
    expect(stdout + stderr).toMatch(message)
    expect(code).toBe(expected)
  })
})
