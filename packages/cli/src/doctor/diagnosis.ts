/** What a check found. A problem stops updates; a warning may, or makes something worse. */
export interface Diagnosis {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'problem'
  readonly message: string
  /** What to do. */
  readonly advice?: string
}

export function ok(check: string, message: string): Diagnosis {
  return { check, status: 'ok', message }
}

export function warning(check: string, message: string, advice: string): Diagnosis {
  return { check, status: 'warning', message, advice }
}

export function problem(check: string, message: string, advice: string): Diagnosis {
  return { check, status: 'problem', message, advice }
}
