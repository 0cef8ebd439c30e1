import {
  KEY_OPTIONS,
  boolean,
  milliseconds,
  nested,
  optionalFunction,
  optionKind,
  text,
  textOf,
} from '@hot-config/core/internal'
import type { KeyOptions, OptionKind, OptionReader, TableOf } from '@hot-config/core/internal'

import type { Credentials } from './connection/credentials.js'
import { TIMING } from './timing.js'
import type { Timing } from './timing.js'

/** How to connect and authenticate to the API server. The defaults are those of the pod. */
export interface ConnectionOptions {
  /** Default: `https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT`. */
  readonly server?: string | undefined
  /** The namespace. Default: that of the pod's service account, else `default`. */
  readonly namespace?: string | undefined
  /** A file with a bearer token. Read before every request, because it is rotated. Default: the service account's. */
  readonly tokenFile?: string | undefined
  /** A file with the certificates of the server's CA. Default: the service account's. */
  readonly caFile?: string | undefined
  /** Trusts any server, and sends it the token. Never in production. Default `false`. */
  readonly insecureSkipTlsVerify?: boolean | undefined
  /**
   * Returns the credentials of a request, instead of the files. Called before every request. See `fromKubeConfig()`.
   */
  readonly credentials?: (() => Promise<Credentials>) | undefined
  /** Shortens waits. For tests; not covered by semantic versioning. */
  readonly timing?: { readonly [K in keyof Timing]?: number | undefined } | undefined
}

/** How long a source of the Kubernetes API may take to start, and which keys it reads. */
export interface StartOptions extends KeyOptions {
  /**
   * How long the start waits and retries while the object, the permission or the API server is missing, in
   * milliseconds. Default 30,000. Other faults, such as a missing token file, fail at once.
   */
  readonly startTimeoutMs?: number | undefined
}

/** One object of the Kubernetes API. */
export interface ObjectOptions extends ConnectionOptions, StartOptions {
  readonly name: string
}

/** Several objects of the Kubernetes API. */
export interface SelectorOptions extends ConnectionOptions, StartOptions {
  /** The label selector, such as `app=shop,tier!=test`. */
  readonly labelSelector: string
  /** The annotation whose number sorts the objects, lowest first; 0 without it. Default `hot-config/order`. */
  readonly orderAnnotation?: string | undefined
}

const START_TIMEOUT_MS = 30_000

/** Tests may shorten every wait. */
const TIMES = Object.entries(TIMING).map(([name, ms]: [string, number]) => [name, milliseconds(ms)])

/** The table of {@link ConnectionOptions}. Defaults that depend on the pod are filled in when they are needed. */
export const CONNECTION: TableOf<Omit<ConnectionOptions, 'timing'>, 'insecureSkipTlsVerify'> & {
  readonly timing: OptionReader<Timing>
} = {
  server: optionKind<string>(
    'a URL that begins with https://',
    (value) => typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:',
  )(),
  // It becomes part of a path: `..` would list the objects of all namespaces.
  namespace: textOf('the name of a namespace', /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)(),
  tokenFile: text(),
  caFile: text(),
  insecureSkipTlsVerify: boolean(false),
  credentials: optionalFunction<() => Promise<Credentials>>(),
  timing: nested(Object.fromEntries(TIMES) as TableOf<Timing>, {}),
}

/** The table of {@link StartOptions}. */
export const START: TableOf<StartOptions, 'ignore' | 'required' | 'formats' | 'startTimeoutMs'> = {
  ...KEY_OPTIONS,
  startTimeoutMs: milliseconds(START_TIMEOUT_MS),
}

/** The name of an object of the API. */
export function objectName(kind: string): OptionKind<string> {
  return textOf(`the name of a ${kind}`, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
}
