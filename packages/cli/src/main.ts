import { readFileSync } from 'node:fs'

import { CommanderError } from 'commander'

import { printable } from './printable.js'
import { createProgram } from './program.js'
import { EXIT, UsageError } from './usage-error.js'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

// A reader such as `head` that has read enough ends the command, as it ends others. The code must not say that all is
// well: the command has not ended its work, and with `set -o pipefail` its code is that of the pipe.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.brokenPipe)
    throw error
  })
}

try {
  await createProgram(version, (code) => {
    process.exitCode = code
  }).parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  // the parser of arguments has written its message
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (!(error instanceof UsageError)) throw error
  console.error(`hot-config: ${printable(error.message)}`)
  return EXIT.usage
}
