import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { examplesOf, runExample } from '../support/snippets.ts'

const [hotReload = '', unitTest = '', byValue = '', withAdapter = ''] = examplesOf('packages/testing/README.md')

describe("the testing package's README", () => {
  it('shows how to test hot reload', async () => {
    const tell = 'console.log = (value) => process.send(value)'
    await runExample(`${tell}\n${hotReload}`, async (_child, next) => expect(await next()).toBe('debug'))
  })

  it.each([
    ['a unit test', unitTest],
    ['a test with an adapter', withAdapter],
  ])('shows %s that passes in node:test', async (_name, code) => {
    const file = new URL(`../.unit-${process.pid}.test.mjs`, import.meta.url)
    await writeFile(file, code)
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file.pathname])
      expect(stdout).toMatch(/^# pass 1$/m)
      expect(stdout).toMatch(/^# fail 0$/m)
    } finally {
      await rm(file)
    }
  })

  it('shows a configuration without a schema', async () => {
    const tell = 'const told = []\nconsole.log = (value) => told.push(value)'
    const code = `${tell}\n${byValue}\nprocess.send([told, config.health().status, config.current.port])`
    await runExample(code, async (_child, next) => expect(await next()).toEqual([['debug'], 'warn', 8080]))
  })
})
