/** How long things may take, all in milliseconds. */
export interface Timing {
  /** A call of `credentials()`, or reading the files with token and certificates. */
  readonly credentialsMs: number
  /** From sending a request to the first byte of its answer. After that the server counts as unreachable. */
  readonly requestTimeoutMs: number
  /** A whole answer, except that of a watch. */
  readonly answerMs: number
  /** From requesting a watch to the first byte of its answer. API servers send that at once, so lists replace it then. */
  readonly watchOpenMs: number
  /** Lists that replace a watch are this to three times this apart. */
  readonly listMs: number
  /** Each watch is asked to end after between this and twice this, so that watches of a fleet don't end together. */
  readonly watchMs: number
  /** A watch that brought nothing for so long is not trusted any more. Bookmarks come about once a minute. */
  readonly silenceMs: number
  /** The longest first wait before trying again. It doubles from failure to failure. */
  readonly backoffMs: number
  /** No wait before trying again is longer, unless the server asks for it. */
  readonly backoffMaxMs: number
  /** A watch that stayed open for so long makes the next wait short again. */
  readonly healthyMs: number
  /** A watch that ends sooner, without having brought anything, counts as failed. */
  readonly briefMs: number
  /** The longest wait that a server may ask for. */
  readonly retryAfterMaxMs: number
  /** Without a watch or a list for so long, updates count as not arriving. */
  readonly staleMs: number
  /** How soon TCP begins to probe a connection that is idle. */
  readonly keepAliveMs: number
}

/** The back-off and the length of a watch are those of client-go's reflector, `answerMs` is the API server's own limit. */
export const TIMING: Timing = {
  credentialsMs: 30_000,
  requestTimeoutMs: 30_000,
  answerMs: 60_000,
  // shorter than `staleMs`, so that lists replace a watch before updates count as not arriving
  watchOpenMs: 10_000,
  listMs: 10_000,
  watchMs: 300_000,
  silenceMs: 120_000,
  backoffMs: 800,
  backoffMaxMs: 30_000,
  healthyMs: 10_000,
  briefMs: 1_000,
  retryAfterMaxMs: 120_000,
  staleMs: 15_000,
  keepAliveMs: 15_000,
}
