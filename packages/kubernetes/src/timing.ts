/** How long things may take, all in milliseconds. */
export interface Timing {
  /** A server that has not begun to answer by then is taken for unreachable. */
  readonly requestTimeoutMs: number
  /** Each watch is asked to end after between this and twice this, so that watches of a fleet don't end together. */
  readonly watchMs: number
  /** A watch on which nothing came for so long is not trusted any more. Bookmarks come about once a minute. */
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
  /** Without a watch for so long, updates count as not arriving. */
  readonly staleMs: number
  /** How soon TCP begins to probe a connection on which nothing comes. */
  readonly keepAliveMs: number
}

/** The back-off and the length of a watch are those of client-go's reflector. */
export const TIMING: Timing = {
  requestTimeoutMs: 30_000,
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
