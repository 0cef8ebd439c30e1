import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { CLI, CliFolder, configMapManifest } from '../support/cli.ts'

/** More of them than a pipe holds. */
const OBJECTS = 2_000

describe('a command whose reader has ended', () => {
  it.each([
    ['problems', 'many', '| head -1'],
    ['problems and errors', 'many', '2>&1 | head -1'],
    ['no problem', '1', '| true'],
  ])('exits with 141, as SIGPIPE would end it: %s', async (_, max, pipe) => {
    const objects = Array.from({ length: OBJECTS }, (_value, index) =>
      configMapManifest(`shop-${index}`, { 'app.yaml': `pool: { max: ${max} }` }),
    )
    await using folder = await CliFolder.create({
      'config.mjs': `export default { pool: { max: { format: 'int', default: 1 } } }`,
      'many.yaml': objects.join('---\n'),
    })
    const command = `${process.execPath} ${CLI} validate --schema config.mjs many.yaml`
    const script = `set -o pipefail; ${command} ${pipe}`
    const ended = await promisify(execFile)('bash', ['-c', script], { cwd: folder.path }).catch(
      (error: object) => error,
    )
    expect(ended).toMatchObject({ code: 141, stderr: '' })
  })
})
