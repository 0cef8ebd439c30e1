/**
 * The process that loads one schema, which is code of the user: it may hang, exit or print. It answers requests of
 * `SchemaProcess` in order.
 */
import { keepCompiledCode } from '../compile-cache.js'

keepCompiledCode()
await import('./serve-schema.js')
