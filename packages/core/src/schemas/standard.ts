import type { StandardResult, StandardSchema } from './standard-schema.js'
import type { Validator, Verdict } from './validator.js'
import { revalidate } from './zod.js'

/** See https://standardschema.dev */
export function standardValidator(schema: StandardSchema): Validator {
  return {
    keyPaths: new Map(),
    sensitive: [],
    async validate(tree, previous) {
      const verdict = previous && revalidate(schema, previous, tree)
      return verdict ?? verdictOf(await schema['~standard'].validate(tree))
    },
  }
}

function verdictOf(result: StandardResult<unknown>): Verdict {
  if (!result.issues) return { value: result.value }
  if (result.issues.length === 0) return { problems: [{ path: [], message: 'the schema refused it without a reason' }] }
  return {
    problems: result.issues.map(({ path = [], message }) => ({
      message,
      path: path.map((segment) => {
        const key = typeof segment === 'object' ? segment.key : segment
        return typeof key === 'number' ? key : String(key)
      }),
    })),
  }
}
