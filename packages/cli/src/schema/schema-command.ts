import { EXPECTED_NAME, isObjectName } from '../manifests/object-name.js'
import { print } from '../output.js'
import { SchemaProcess } from '../schemas/schema-process-client.js'
import { EXIT, UsageError } from '../usage-error.js'
import { toConfigMap, toMarkdown } from './schema-texts.js'

/** The options of `hot-config schema`, as the parser of arguments returns them. */
interface Options {
  readonly schema: string
  readonly to: 'configmap' | 'markdown' | 'json-schema'
  readonly name: string
  readonly schemaTimeout: number
}

/** @returns the exit code */
export async function runSchema(given: object): Promise<number> {
  const { schema, to, name, schemaTimeout } = given as Options
  if (!isObjectName(name)) throw new UsageError(`--name ${name} is no valid name: ${EXPECTED_NAME}`)
  using running = await SchemaProcess.start(schema, schemaTimeout)
  const { form, outline } = await running.describe()
  if (to === 'json-schema') await print(JSON.stringify(form, null, 2))
  else await print(to === 'markdown' ? toMarkdown(outline) : toConfigMap(outline, name))
  return EXIT.ok
}
