/** All time limits and intervals, in milliseconds. */
export interface Timing {
  /** The time limit for a call of `credentials()`, and for reading the files with token and certificates. */
  readonly credentialsMs: number
  /** The time limit from sending a request to the first byte of its answer. After that the server is unreachable. */
  readonly requestTimeoutMs: number
  /** The time limit for a whole answer, except that of a watch. */
  readonly answerMs: number
  /**
   * The time limit from requesting a watch to the first byte of its answer. API servers send that byte at once, so
   * after this time lists replace the watch.
   */
  readonly watchOpenMs: number
  /** The shortest interval of lists that replace a watch. The longest is three times this. */
  readonly listMs: number
  /**
   * The shortest requested length of a watch. It is random up to twice this, so that watches of a fleet don't end
   * together.
   */
  readonly watchMs: number
  /** A watch without any event for this time is no longer trusted. Servers send bookmarks about once a minute. */
  readonly silenceMs: number
  /** A watch that has brought nothing for so long is checked by a second one, until a watch has brought something. */
  readonly probeAfterMs: number
  /** The second watch has to bring something within this time, or lists replace both. API servers send it at once. */
  readonly probeMs: number
  /** The upper bound of the first wait before a retry. It doubles with each failure. */
  readonly backoffMs: number
  /** The longest wait before a retry, unless the server asks for a longer one. */
  readonly backoffMaxMs: number
  /** After a watch that stayed open for this time, the next wait is short again. */
  readonly healthyMs: number
  /** A watch that ends sooner, without any event, counts as failed. */
  readonly briefMs: number
  /** The longest wait that a server may ask for. */
  readonly retryAfterMaxMs: number
  /** After this time without a watch or a list, updates count as not arriving. */
  readonly staleMs: number
  /** The idle time after which TCP starts to probe a connection. */
  readonly keepAliveMs: number
}

/**
 * The back-off and the length of a watch are those of client-go's reflector, `answerMs` is the API server's own limit.
 */
export const TIMING: Timing = {
  credentialsMs: 30_000,
  requestTimeoutMs: 30_000,
  answerMs: 60_000,
  // Shorter than `staleMs`, so that lists replace a watch before updates count as not arriving.
  watchOpenMs: 10_000,
  listMs: 10_000,
  watchMs: 300_000,
  silenceMs: 120_000,
  probeAfterMs: 10_000,
  probeMs: 5_000,
  backoffMs: 800,
  backoffMaxMs: 30_000,
  healthyMs: 10_000,
  briefMs: 1_000,
  retryAfterMaxMs: 120_000,
  staleMs: 15_000,
  keepAliveMs: 15_000,
}
