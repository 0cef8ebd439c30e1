import type { Logger } from '@hot-config/core'

type Level = 'info' | 'warn' | 'error'

export interface Line {
  readonly level: Level
  readonly details: object
  readonly message: string
}

export interface RecordingLogger extends Logger {
  readonly lines: Line[]
  /** The lines of one level. */
  at(level: Level): Line[]
}

/** Keeps what was logged. */
export function recordingLogger(): RecordingLogger {
  const lines: Line[] = []
  const record = (level: Level) => (details: object, message: string) => {
    lines.push({ level, details, message })
  }
  return {
    lines,
    at: (wanted) => lines.filter(({ level }) => level === wanted),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  }
}
