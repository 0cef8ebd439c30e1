import { messageOf } from '../errors/errors.js'
import { atOnce } from '../async/slices.js'
import { propertyOf } from '../errors/thrown.js'
import { mutableCopy } from '../trees/copy.js'
import { parseSegments } from '../trees/path.js'
import type { Tree } from '../trees/tree.js'
import { isStandardSchema, pathOf } from './standard-schema.js'
import type { StandardIssue } from './standard-schema.js'
import type { SchemaProblem, Validator } from './validator.js'

const RETURNED_SCHEMA: SchemaProblem = {
  path: [],
  message: 'the schema is a function that returned a schema, not the configuration: give that schema itself',
}

/** Validates by a function that returns the configuration or throws. It receives a copy, which it may mutate. */
export function functionValidator(parse: (input: Record<string, unknown>) => unknown): Validator {
  return {
    keyPaths: new Map(),
    sensitive: [],
    async validate(tree) {
      try {
        const value = await parse(atOnce(mutableCopy(tree)) as Tree)
        return isStandardSchema(value) ? { problems: [RETURNED_SCHEMA] } : { value }
      } catch (error) {
        return { problems: problemsOf(error) }
      }
    },
  }
}

/** An issue of a `ConfigError`, or of a library whose schema the function parses with, such as zod and valibot. */
type ThrownIssue = Omit<StandardIssue, 'path'> & { readonly path?: string | StandardIssue['path'] }

function problemsOf(error: unknown): SchemaProblem[] {
  const issues = propertyOf(error, 'issues')
  if (!Array.isArray(issues) || issues.length === 0 || !issues.every(isIssue)) {
    return [{ path: [], message: messageOf(error) }]
  }
  return issues.map(({ path, message }) => ({
    path: typeof path === 'string' ? parseSegments(path) : pathOf({ path, message }),
    message,
  }))
}

function isIssue(issue: unknown): issue is ThrownIssue {
  const path = propertyOf(issue, 'path')
  const isPath = path === undefined || typeof path === 'string' || Array.isArray(path)
  return isPath && typeof propertyOf(issue, 'message') === 'string'
}
