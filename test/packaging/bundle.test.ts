import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { build } from 'rolldown'
import { expect, it } from 'vitest'

const PROGRAM = `
import { createHotConfig } from '@hot-config/core'
const files = { 'a.json': '{\\n"port": "x"}', 'a.yaml': 'yaml:\\n  port: x', 'a.toml': '[toml]\\nport = "x"' }
const entries = Object.entries(files).map(([key, text]) => ({ key, bytes: Buffer.from(text) }))
const paths = [['port'], ['yaml', 'port'], ['toml', 'port']]
const validate = () => ({ issues: paths.map((path) => ({ path, message: 'expected a number' })) })
const source = { name: 'given', read: async () => ({ revision: '1', entries }) }
const schema = { '~standard': { version: 1, vendor: 'test', validate } }
const { issues } = await createHotConfig({ sources: source, schema, logger: false }).catch((error) => error)
console.log(JSON.stringify(issues.map(({ file, line, message }) => [file, line, message])))
`

it.each(['esm', 'cjs'] as const)(
  'a program in one file says why a schema rejects a value, and where: %s',
  async (format) => {
    const folder = await mkdtemp(join(tmpdir(), 'bundle-'))
    try {
      // beside the tests, from where the packages can be resolved
      const input = join(import.meta.dirname, `.bundle-${format}.mjs`)
      const program =
        format === 'esm'
          ? PROGRAM
          : `(async () => {${PROGRAM.replace(/import (.*?) from '(.*?)'/, "const $1 = await import('$2')")}})()`
      await writeFile(input, program)
      const file = join(folder, `program.${format === 'esm' ? 'mjs' : 'cjs'}`)
      try {
        await build({ input, platform: 'node', output: { file, format, codeSplitting: false }, logLevel: 'silent' })
      } finally {
        await rm(input)
      }
      const { stdout } = await promisify(execFile)(process.execPath, [file])
      expect(JSON.parse(stdout)).toEqual([
        ['a.json', 2, 'expected a number'],
        ['a.yaml', 2, 'expected a number'],
        ['a.toml', 2, 'expected a number'],
      ])
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
