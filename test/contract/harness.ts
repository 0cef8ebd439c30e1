import type { AdapterOptions, HotConfig } from '@hot-config/core'

/**
 * What the contract needs from a framework: an app with the adapter in it, on a real port. A new adapter takes part with
 * one file: `adapterContract({ name, start })`.
 */
export interface AdapterHarness {
  /** The framework and its version, such as `Express 4`, for the test report. */
  readonly name: string
  /**
   * Starts an app on a free port of 127.0.0.1 the way the framework's documentation does, and waits until it serves.
   *
   * `GET /` and `POST /` (with a JSON body that the framework has parsed) answer with what the handler returns, as JSON.
   * Rejects with the error that the adapter fails start-up with; nothing may be open then.
   */
  start(app: AppUnderTest): Promise<RunningApp>
}

export interface AppUnderTest {
  /** Given to the adapter as they are. */
  readonly options: AdapterOptions
  readonly handler: Handler
}

/** Gets the framework's own request object. */
export type Handler = (request: RequestUnderTest) => unknown

export interface RequestUnderTest {
  readonly config: ContractConfig
  /** The parsed body of a POST. */
  readonly body?: unknown
}

/** The value of every configuration in the contract. `echo` repeats `text`, so that a torn value shows. */
export interface ContractConfig {
  readonly text: string
  readonly echo: string
  readonly limits: { readonly rate: number }
}

export interface RunningApp {
  /** Without a slash at the end, such as `http://127.0.0.1:40123`. */
  readonly url: string
  /** What the adapter serves. */
  readonly config: HotConfig<ContractConfig>
  /** Shuts down as a service does on SIGTERM: answers what is in flight, then closes the configuration. */
  close(): Promise<void>
}
