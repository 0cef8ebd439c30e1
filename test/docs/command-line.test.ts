import { readFileSync, writeFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { CliFolder } from '../support/cli.ts'

// The output on the page is what the commands print here. When it differs, this writes it:
//   UPDATE_DOCS=1 npx vitest run test/docs/command-line.test.ts
const PAGE = new URL('../../docs/command-line.md', import.meta.url)
const isUpdate = process.env['UPDATE_DOCS'] === '1'

const page = readFileSync(PAGE, 'utf8')
const files = Object.fromEntries(
  Array.from(page.matchAll(/<!-- file: (\S+) -->\n+```\w+\n(.*?)^```$/gms), ([, name = '', text = '']) => [name, text]),
)
const commands = Array.from(
  page.matchAll(/^```console\n\$ hot-config (.*)\n([^]*?)^```$/gm),
  ([all, command = '', output = '']) => ({
    all,
    command,
    output,
  }),
)

describe('the page on the command line', () => {
  let folder: CliFolder

  beforeAll(async () => {
    folder = await CliFolder.create(files)
  })

  afterAll(() => folder[Symbol.asyncDispose]())

  it('shows commands and files', () => {
    expect(commands.length).toBeGreaterThan(2)
    expect(Object.keys(files).length).toBeGreaterThan(2)
  })

  it.each(commands)('shows what is printed by hot-config $command', async ({ all, command, output }) => {
    const { stdout, stderr } = await folder.run(command.split(' '))
    const printed = stdout + stderr
    if (isUpdate) {
      const text = readFileSync(PAGE, 'utf8')
      writeFileSync(
        PAGE,
        text.replace(all, () => `\`\`\`console\n$ hot-config ${command}\n${printed}\`\`\``),
      )
    } else expect(output).toBe(printed)
  })
})
