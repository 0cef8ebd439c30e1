import type { Issue } from './errors.js'

/**
 * Something in the content of a source that is probably a mistake and that does not stop it from being served, such as a
 * name that the schema does not know. Never holds a configuration value.
 */
export type ContentWarning = Omit<Issue, 'code'>
