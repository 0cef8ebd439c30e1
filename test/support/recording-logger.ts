import type { Logger } from '@hot-config/core'

export interface RecordingLogger extends Logger {
  readonly lines: { level: 'info' | 'warn' | 'error'; details: object; message: string }[]
}

/** Keeps what was logged. */
export function recordingLogger(): RecordingLogger {
  const lines: RecordingLogger['lines'] = []
  const record = (level: 'info' | 'warn' | 'error') => (details: object, message: string) => {
    lines.push({ level, details, message })
  }
  return { lines, info: record('info'), warn: record('warn'), error: record('error') }
}
