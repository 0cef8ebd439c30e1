interface Requirement {
  readonly name: string
  /** What it means for somebody who runs a service. */
  readonly means: string
}

/**
 * What hot-config guarantees, by id. Files of tests name the ids that they prove with {@link proves}. The table in the
 * README is generated from these.
 */
export const REQUIREMENTS = {
  'never-torn': {
    name: 'Never torn',
    means: 'All files of a volume come from one update, even while the kubelet writes a thousand files at full speed',
  },
  'never-stale': {
    name: 'Never stale for good',
    means:
      'Notifications can get lost (overflow, network mounts, exhausted limits). A cheap recheck every 5 s finds what they missed. Health says which of the two is in use',
  },
  'never-invalid': {
    name: 'Never invalid',
    means:
      "An update that can't be read, parsed or validated is rejected as a whole, with source, file, line and path. The last good snapshot stays",
  },
  'latest-wins': {
    name: 'Latest wins',
    means: 'Changes that arrive during a reload cause exactly one more reload. No queue grows',
  },
  'one-request': {
    name: 'One request, one snapshot',
    means:
      'A request, or a unit of work, that has read the configuration once sees the same snapshot until it ends. No request fails because of an update',
  },
  'one-shape': {
    name: 'One shape, frozen',
    means: 'Snapshots are plain frozen objects of one hidden class. Reading one is a property read',
  },
  'unchanged-is-free': {
    name: 'Unchanged is free',
    means: 'Same bytes: nothing is parsed. Same value: no listener is called. Unchanged parts stay `===`',
  },
  'listeners-cannot-hurt': {
    name: "Listeners can't hurt",
    means: 'A listener that throws, rejects or hangs is logged and counted. It affects nothing else',
  },
  'text-is-exact': {
    name: 'Text means what it says',
    means:
      'Every format keeps a value as it is written, or rejects it with its line. `off`, `1e+06` or 19 digits are taken exactly or rejected, in every schema library',
  },
  'nothing-is-no-value': {
    name: 'Nothing is not a value',
    means: 'An update that takes everything away is rejected, unless the program accepts it. The last values stay',
  },
  'waits-end': {
    name: 'Every wait has a limit',
    means:
      'A source, schema, hook or credential that never answers ends with a rejection that names it. What depends on the world is tried again, and `close()` ends everything',
  },
  'no-silence': {
    name: 'Nothing happens in silence',
    means: 'Each change of status, of what serves and of what can be updated is one log line, and so is its end',
  },
  'secrets-stay-secret': {
    name: 'Secrets stay secret',
    means: '[Secrets](docs/secrets.md) appear in no error, log, diff, health report, metric or Event, in no spelling',
  },
  'content-is-data': {
    name: 'Content is data',
    means:
      'Whatever a ConfigMap holds: the process does not crash, the event loop is not blocked for long, no code runs and no prototype changes',
  },
  'api-recovers': {
    name: 'The API may fail',
    means:
      'Whatever the Kubernetes API server or the network does, the last good snapshot serves. The newest content is served soon after the fault has ended',
  },
  'health-only-reads': {
    name: 'Health only reads',
    means:
      'The health path and its page change nothing, escape everything, show values only where the page is on, and answer while requests and reloads go on',
  },
  'starts-from-last-good': {
    name: 'Last good survives the pod',
    means:
      'A process whose sources hold nothing valid starts from what was last accepted. A broken store hurts neither a start nor an update',
  },
  'canary-stays-small': {
    name: 'A canary stays small',
    means:
      'Only the share of processes that is chosen serves a canary. A canary that is rejected or taken back leaves them on the stable content',
  },
  'guard-takes-back': {
    name: 'A guard takes back',
    means:
      'A change after which requests fail is taken back by the process itself: the value before serves again, by `===`, and requests in flight keep theirs',
  },
  'nothing-leaks': {
    name: 'Nothing leaks',
    means: 'Thousands of reloads, rejections and closed configurations leave no memory, handle or watch behind',
  },
} as const satisfies Readonly<Record<string, Requirement>>

export type RequirementId = keyof typeof REQUIREMENTS

/**
 * Says which requirements the tests of this file prove, once per file and with the ids as literals: they are collected
 * from the text of the files, and the compiler checks that they exist.
 */
export function proves(..._ids: readonly [RequirementId, ...RequirementId[]]): void {}
