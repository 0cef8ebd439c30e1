import { expect, it } from 'vitest'

import { runExample } from '../support/snippets.ts'

const loaded = `
  import { createRequire } from 'node:module'
  const isLoaded = (name) =>
    Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes(\`/node_modules/\${name}/\`))
  const tell = () => process.send(['prom-client', '@opentelemetry/api'].filter(isLoaded))
`

it.each([
  ['', []],
  // prom-client takes the other along
  ['prometheus', ['prom-client', '@opentelemetry/api']],
  ['opentelemetry', ['@opentelemetry/api']],
])('the libraries for metrics load with their subpaths only: "%s"', async (subpath, libraries) => {
  const more = subpath && `await import('@hot-config/core/${subpath}')`
  await runExample(`${loaded}\nawait import('@hot-config/core')\n${more}\ntell()`, async (_child, next) => {
    expect(await next()).toEqual(libraries)
  })
})
