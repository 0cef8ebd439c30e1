import { dump } from 'js-yaml'
import { stringify } from 'smol-toml'
import { z } from 'zod'

import { MAX_FILE_BYTES } from './volume.ts'

export type FormatName = 'yaml' | 'json' | 'toml'

/** What the configuration is validated with. */
export type SchemaName = 'none' | 'function' | 'zod'

const PER_TRIAL = 100
/** So high does nobody count. */
const MAX_COUNT = 10_000

const write: Readonly<Record<FormatName, (document: object) => string>> = {
  yaml: (document) => dump(document),
  json: (document) => JSON.stringify(document, null, 2),
  toml: (document) => stringify(document),
}

export function nameOf(format: FormatName): string {
  return `1 MiB of ${format.toUpperCase()}`
}

/** Makes configuration of many services, as one file of almost 1 MiB. Some of it differs from one count to the next. */
export function documentsOf(format: FormatName): (count: number) => string {
  const lengthOf = (services: number): number => write[format](documentOf(services, MAX_COUNT)).length
  let services = Math.floor((MAX_FILE_BYTES / lengthOf(PER_TRIAL)) * PER_TRIAL)
  // later services have longer names
  while (lengthOf(services) > MAX_FILE_BYTES) services -= Math.ceil(services / 1_000)
  return (count) => write[format](documentOf(services, count))
}

function documentOf(services: number, count: number): object {
  const named = Array.from({ length: services }, (_, index) => [`service-${index}`, serviceOf(index, count)])
  return { count, services: Object.fromEntries(named) as object }
}

function serviceOf(index: number, count: number): object {
  const name = `service-${index}`
  return {
    owner: `team-${index % 23}@example.com`,
    description: `Answers requests for part ${index} of the catalogue: prices, stock and deliveries`,
    // every tenth service changes with each update
    timeoutMs: 500 + (index % 10 === count % 10 ? count : index),
    retries: { attempts: index % 5, backoff: 1.5, jitter: index % 2 === 0 },
    hosts: Array.from({ length: 3 }, (_, replica) => ({
      host: `${name}-${replica}.backend.svc.cluster.local`,
      port: 8_000 + ((index + replica) % 1_000),
      weight: replica + 1,
    })),
    flags: { 'new-checkout': index % 3 === 0, 'dark-mode': index % 7 === 0, 'price-cache': true },
    routes: [`/api/v1/${name}`, `/api/v2/${name}`, `/internal/${name}/health`],
  }
}

const service = z.object({
  owner: z.string(),
  description: z.string(),
  timeoutMs: z.number(),
  retries: z.object({ attempts: z.number(), backoff: z.number(), jitter: z.boolean() }),
  hosts: z.array(z.object({ host: z.string(), port: z.number(), weight: z.number() })),
  flags: z.record(z.string(), z.boolean()),
  routes: z.array(z.string()),
})

/** Of a document. The function is one that returns its input. */
export const schemas = {
  none: undefined,
  function: (input: unknown) => input,
  zod: z.object({ count: z.number(), services: z.record(z.string(), service) }),
} satisfies Readonly<Record<SchemaName, unknown>>
