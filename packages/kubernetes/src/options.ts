import type { Credentials } from './connection/credentials.js'
import type { Timing } from './timing.js'

/** Which API server, and as whom. Everything defaults to the pod's own. */
export interface ConnectionOptions {
  /** Default: `https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT`. */
  readonly server?: string
  /** Default: that of the pod's service account, else `default`. */
  readonly namespace?: string
  /** A file with a bearer token. Read again for every request, since it is rotated. Default: the service account's. */
  readonly tokenFile?: string
  /** A file with the certificates that the server's must come from. Default: the service account's. */
  readonly caFile?: string
  /** Trusts any server, and sends it the token. Never in production. */
  readonly insecureSkipTlsVerify?: boolean
  /** What authenticates a request, asked for before every one, in place of the files. See `fromKubeConfig()`. */
  readonly credentials?: () => Promise<Credentials>
  /** Shortens waits. For tests; not covered by semantic versioning. */
  readonly timing?: Partial<Timing>
}

/** How a source of the Kubernetes API starts. */
export interface StartOptions {
  /** `true`: what can't be read at the start is an error. `false`: it gives nothing until it can. Default `true`. */
  readonly required?: boolean
  /** How long the start waits and tries again before it gives up, in milliseconds. Default 30,000. */
  readonly startTimeoutMs?: number
}

/** One object of the Kubernetes API. */
export interface ObjectOptions extends ConnectionOptions, StartOptions {
  readonly name: string
  /** Only these keys. Each must be there, unless `required` is `false`. Default: all. */
  readonly keys?: readonly string[]
}

/** Several objects of the Kubernetes API. */
export interface SelectorOptions extends ConnectionOptions, StartOptions {
  /** Such as `app=shop,tier!=test`. */
  readonly labelSelector: string
  /** The annotation whose number says which come first; 0 without it. Default `hot-config/order`. */
  readonly orderAnnotation?: string
  /** Only these keys, wherever they are. Default: all. */
  readonly keys?: readonly string[]
}

const START_TIMEOUT_MS = 30_000

/** Defaults of {@link StartOptions}. @throws for a time-out that is none */
export function resolveStart(options: StartOptions): Required<StartOptions> {
  const { required = true, startTimeoutMs = START_TIMEOUT_MS } = options
  if (!(Number.isFinite(startTimeoutMs) && startTimeoutMs >= 0 && startTimeoutMs < 2 ** 31)) {
    throw optionError('startTimeoutMs: expected a number of milliseconds')
  }
  return { required, startTimeoutMs }
}

/** Finds mistakes that would otherwise go unnoticed; what is `undefined` counts as not given. @throws for an option that there is none of */
export function checkNames(options: object, own: readonly string[]): void {
  const known = [...own, ...COMMON]
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !known.includes(name))?.[0]
  if (unknown !== undefined) throw optionError(`${unknown}: unknown option; there are ${known.join(', ')}`)
}

const COMMON = [
  'namespace',
  'keys',
  'required',
  'startTimeoutMs',
  'server',
  'tokenFile',
  'caFile',
  'insecureSkipTlsVerify',
  'credentials',
  'timing',
]

/** What core throws for options that make no sense, without importing it. */
export function optionError(message: string): TypeError {
  return Object.assign(new TypeError(message), { name: 'OptionError', code: 'HOT_CONFIG_OPTION' })
}
