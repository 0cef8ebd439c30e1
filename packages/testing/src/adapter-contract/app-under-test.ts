import type { AdapterOptions, HotConfig } from '@hot-config/core'

/** The value of every configuration in the contract. `echo` repeats `text`, so that a torn value shows. */
export interface ContractConfig {
  readonly text: string
  readonly echo: string
  readonly limits: { readonly rate: number }
}

export interface RequestUnderTest {
  /** What the adapter offers to the code that handles a request. */
  readonly config: ContractConfig
  /** The parsed body of a POST. */
  readonly body?: unknown
}

/** What the contract wants to be started. */
export interface AppUnderTest {
  /** Options for the adapter, to be passed to it as they are. */
  readonly options: AdapterOptions
  /** Answers `GET /` and `POST /`. What it returns, or what its promise resolves with, is sent as JSON. */
  readonly handler: (request: RequestUnderTest) => unknown
}

export interface RunningApp {
  /** Without a slash at the end, such as `http://127.0.0.1:40123`. */
  readonly url: string
  /** What the adapter serves. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the type of its value
  readonly config: HotConfig<any>
  /** Shuts down as a service does on SIGTERM: answers the requests in progress, then closes the configuration. */
  readonly close: () => Promise<void>
}

/** What an adapter can do. Each one that is not set to `false` is tested. */
export interface AdapterCapabilities {
  /** It has the option `requestContext`. */
  readonly requestContext: boolean
  /** It serves the health report, and has the option `health`. */
  readonly health: boolean
  /** It has `health: { page: true }`. */
  readonly page: boolean
}

/** What an adapter guarantees, in one sentence. */
export interface AdapterGuarantee {
  /** In the third person. */
  readonly name: string
  readonly needs?: readonly (keyof AdapterCapabilities)[]
  /** @throws when the adapter does not keep it */
  readonly prove: (subject: Subject) => Promise<void>
}

/** Starts apps for one test. */
export interface Subject {
  /** An app on a source that never changes, unless the options say otherwise. */
  start(app: Partial<AppUnderTest> & Pick<AppUnderTest, 'options'>): Promise<RunningApp>
  /** An app on a ConfigMap volume that holds `valueOf('one')`. */
  startOnVolume(handler?: AppUnderTest['handler'], options?: AdapterOptions): Promise<AppOnVolume>
  /** Waits until a check passes, no longer than is allowed. */
  until(check: () => unknown): Promise<void>
}

export interface AppOnVolume extends RunningApp {
  update(files: Readonly<Record<string, string>>): Promise<void>
  /** Publishes a good update and waits until it is served. */
  updateTo(text: string): Promise<void>
}
