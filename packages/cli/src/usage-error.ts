/** The command can't do what was asked: a wrong option, a file that does not exist, a schema that can't be loaded. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The exit codes of all commands. When its reader is gone, a command ends with the code that shells have for SIGPIPE. */
export const EXIT = { ok: 0, problems: 1, usage: 2, brokenPipe: 141 } as const
