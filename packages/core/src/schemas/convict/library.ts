import { importError } from '../import-error.js'

/** The part of convict that is used here. */
export type Convict = (schema: object, options: { env: NodeJS.ProcessEnv; args: string[] }) => ConvictInstance

export interface ConvictInstance {
  load(tree: object): void
  validate(options: { allowed: 'warn' | 'strict'; output: (message: string) => void }): void
  getProperties(): unknown
  set(path: string, value: unknown): void
}

/** Options for an instance that ignores the environment and the arguments of the process. */
export const NOTHING_GIVEN: { env: NodeJS.ProcessEnv; args: string[] } = { env: {}, args: [] }

export async function loadConvict(): Promise<Convict> {
  try {
    return (await import('convict')).default
  } catch (error) {
    throw importError('convict schema', 'convict', 'convict', error)
  }
}
