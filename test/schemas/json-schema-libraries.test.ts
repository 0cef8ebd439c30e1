import { describe, expect, it } from 'vitest'

import { runExample } from '../support/snippets.ts'

/** Starts a configuration where none of these packages is installed, and sends the error or what was logged. */
function startWithout(packages: string, code = 'ERR_MODULE_NOT_FOUND'): string {
  return `
    import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(\`
      export async function resolve(name, context, next) {
        if (/^${packages}(\\\\/|$)/.test(name)) {
          throw Object.assign(new Error('Can not read ' + name), { code: '${code}' })
        }
        return next(name, context)
      }
    \`))
    const { createHotConfig, values } = await import('@hot-config/core')
    const format = (name) => ({ type: 'string', format: name })
    const schema = { type: 'object', properties: { mail: format('email'), url: format('uri') } }
    const logged = []
    const logger = { info() {}, warn: (_details, message) => logged.push(message), error() {} }
    try {
      const config = await createHotConfig({ schema, sources: values({ mail: 'none' }), logger })
      process.send({ current: config.current, logged })
    } catch ({ code, message }) {
      process.send({ code, message })
    }
  `
}

describe('a JSON Schema', () => {
  it('fails the start without ajv, with what to install', async () => {
    await runExample(startWithout('ajv'), async (_child, next) => {
      expect(await next()).toEqual({
        code: 'HOT_CONFIG_OPTION',
        message: 'schema: it is a JSON Schema, but ajv is not installed: npm install ajv ajv-formats',
      })
    })
  })

  it('fails the start with the reason when ajv is there but can not be loaded', async () => {
    await runExample(startWithout('ajv', 'ERR_ACCESS_DENIED'), async (_child, next) => {
      expect(await next()).toEqual({
        code: 'HOT_CONFIG_OPTION',
        message: expect.stringMatching(/^schema: it is a JSON Schema, but ajv can't be loaded: Can not read ajv/),
      })
    })
  })

  it('is used without ajv-formats, and says which formats are not checked', async () => {
    await runExample(startWithout('ajv-formats'), async (_child, next) => {
      expect(await next()).toEqual({
        current: { mail: 'none' },
        logged: ['formats in the schema that are not checked: email, uri (npm install ajv-formats)'],
      })
    })
  })

  it('is checked with its formats where both are installed', async () => {
    await runExample(startWithout('nothing'), async (_child, next) => {
      expect(await next()).toEqual({
        code: 'HOT_CONFIG_SCHEMA',
        message: 'values mail: must match format "email"',
      })
    })
  })
})
