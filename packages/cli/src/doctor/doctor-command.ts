import { DEFAULT_PATH } from '@hot-config/core/internal'

import { colorsFor } from '../colors.js'
import type { Colors } from '../colors.js'
import { print } from '../output.js'
import { printable } from '../printable.js'
import { EXIT } from '../usage-error.js'
import { apiChecks } from './api-checks.js'
import type { Diagnosis } from './diagnosis.js'
import { inotifyCheck } from './inotify-check.js'
import { mountChecks } from './mount-checks.js'
import { copiesCheck, nodeCheck } from './program-checks.js'

/** The options of `hot-config doctor`, as the parser of arguments returns them. */
interface Options {
  readonly name?: string
  readonly json?: boolean
}

/** @returns the exit code */
export async function runDoctor(given: string | undefined, options: object): Promise<number> {
  const { name, json } = options as Options
  const path = given ?? process.env['HOT_CONFIG_PATH'] ?? DEFAULT_PATH
  const found = await Promise.all([mountChecks(path), inotifyCheck(), apiChecks(name), copiesCheck(process.cwd())])
  const diagnoses = [...found.flat(), nodeCheck()]
  const isHealthy = diagnoses.every(({ status }) => status !== 'problem')
  const text = json
    ? JSON.stringify({ healthy: isHealthy, path, checks: diagnoses }, null, 2)
    : formatText(diagnoses, colorsFor(process.stdout))
  await print(text)
  return isHealthy ? EXIT.ok : EXIT.problems
}

function formatText(diagnoses: readonly Diagnosis[], { green, yellow, red, dim }: Colors): string {
  const paint = { ok: green, warning: yellow, problem: red }
  return diagnoses
    .flatMap(({ check, status, message, advice }) => [
      `${paint[status](status.padEnd('problem'.length))} ${check}: ${printable(message)}`,
      ...(advice === undefined ? [] : [dim(`        ${printable(advice)}`)]),
    ])
    .join('\n')
}
