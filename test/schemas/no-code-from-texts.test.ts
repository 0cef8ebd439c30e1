import { describe, expect, it } from 'vitest'

import { ProgramFolder } from '../support/program.ts'

const FLAG = '--disallow-code-generation-from-strings'

const WITHOUT_CODE: Readonly<Record<string, string>> = {
  zod: "(await import('zod')).z.object({ max: (await import('zod')).z.number() })",
  'zod 3': "(await import('zod/v3')).z.object({ max: (await import('zod/v3')).z.number() })",
  valibot: "(({ object, number }) => object({ max: number() }))(await import('valibot'))",
  arktype: "(await import('arktype')).type({ max: 'number' })",
  convict: "{ max: { format: 'int', default: 1 } }",
  'a function': '(input) => input',
}

const WITH_CODE: Readonly<Record<string, string>> = {
  'JSON Schema': "{ type: 'object', properties: { max: { type: 'number' } } }",
  'JSON Schema of draft-07': "{ $schema: 'http://json-schema.org/draft-07/schema#', properties: {} }",
  TypeBox: "(({ Type }) => Type.Object({ max: Type.Number() }))(await import('typebox'))",
}

/** Prints what a process serves, or why it does not start. */
const program = (schema: string): string => `
import { createHotConfig, values } from '@hot-config/core'
const start = async () => createHotConfig({ schema: ${schema}, sources: values({ max: 7 }), logger: false })
const text = await start().then(({ current }) => 'serves ' + JSON.stringify(current), ({ code, message }) => code + ' ' + message)
console.log(text, 'end')
`

async function printed(schema: string): Promise<string> {
  await using folder = new ProgramFolder()
  await folder.write({ 'program.mjs': program(schema) })
  let text = ''
  await folder.run(`${process.execPath} ${FLAG} program.mjs`, async (output) => {
    text = await output.matching(/.* end\n/)
  })
  return text
}

describe('in a process that makes no code of texts', () => {
  it.each(Object.entries(WITHOUT_CODE))('a schema of %s validates', async (_name, schema) => {
    expect(await printed(schema)).toBe('serves {"max":7} end\n')
  })

  it.each(Object.entries(WITH_CODE))('a schema of %s fails the start, with what to do', async (_name, schema) => {
    expect(await printed(schema)).toBe(
      `HOT_CONFIG_OPTION schema: ajv compiles a JSON Schema to code, which ${FLAG} forbids in this process: ` +
        'start it without the option, or use a schema of zod, valibot, arktype or convict end\n',
    )
  })
})
