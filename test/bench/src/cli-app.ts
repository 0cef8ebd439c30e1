// node cli-app.js FOLDER [documents]: parses the manifests of a folder, and on demand the documents in them.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { load } from 'js-yaml'

const [, , folder = '', documents] = process.argv
for (const name of readdirSync(folder)) {
  const { data } = load(readFileSync(join(folder, name), 'utf8')) as { data: Record<string, string> }
  if (documents !== undefined) for (const text of Object.values(data)) load(text)
}
