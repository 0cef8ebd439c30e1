import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'

/** The exit codes, at the end of each help. */
export const EXIT_CODES: string =
  'Exit codes: 0 all is well, 1 there are problems, 2 the command was not used correctly.'

/** Adds the options that say where the objects are. */
export function clusterOptions(command: Command): Command {
  return command
    .addOption(new Option('-n, --namespace <namespace>', 'the namespace (default: that of the context or the pod)'))
    .addOption(new Option('--context <context>', 'the context of the kubeconfig'))
}

/** Adds the options that say which pods are asked, and how. */
export function podOptions(command: Command, { required = true }: { readonly required?: boolean } = {}): Command {
  const selector = new Option('-l, --selector <labels>', 'the labels of the pods, such as app=shop')
  return command
    .addOption(selector.makeOptionMandatory(required))
    .addOption(
      new Option('--path <path>', 'the path of the health report').argParser(urlPath).default('/config/health'),
    )
    .addOption(
      new Option('--port <port>', 'the port of the pods (default: http, else the first)').argParser(portOfPods),
    )
    .addOption(new Option('--concurrency <count>', 'how many pods are asked at once').argParser(count).default(50))
}

/** The options that say how a service reads its sources. */
function pipelineFlags(): readonly Option[] {
  return [
    new Option('--restart-required <path>', 'a path of restartRequired: warn when an update changes it').argParser(
      collect,
    ),
    new Option('--redact <path>', 'a path of redact').argParser(collect),
    new Option('--unknown <policy>', 'names that the schema does not know')
      .choices(['warn', 'reject', 'ignore'])
      .default('warn'),
    new Option('--emptied <policy>', 'an update that takes everything away')
      .choices(['reject', 'accept'])
      .default('reject'),
    new Option('--keys <glob>', 'read only these keys, as volume() does').argParser(collect),
    new Option('--ignore <glob>', 'leave these keys out, as volume() does').argParser(collect),
    new Option('--read-as <glob=format>', 'the format of keys, such as *.conf=ini').argParser(collect),
  ]
}

/** Adds the options that say how a service reads its sources. */
export function pipelineOptions(command: Command): Command {
  for (const option of pipelineFlags()) command.addOption(option)
  return command
}

/** The names of these options. */
export const PIPELINE_OPTIONS: readonly string[] = pipelineFlags().map(({ long }) => long ?? '')

export function schemaOption(description: string): Option {
  return new Option('--schema <file>', description)
}

export function schemaTimeout(ms = 30_000, text = '30s'): Option {
  return new Option('--schema-timeout <duration>', 'how long the schema may take for each answer')
    .argParser(duration)
    .default(ms, text)
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Reads `500ms`, `5s` or `2m` as milliseconds. */
export function duration(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS[unit] ?? NaN)
  // the limit of timers
  if (ms >= 0 && ms < 2 ** 31) return ms
  throw new InvalidArgumentError('Expected a duration such as 500ms, 5s or 2m.')
}

function count(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a number from 1 to 9999.')
}

function urlPath(text: string): string {
  if (text.startsWith('/')) return text
  throw new InvalidArgumentError('Expected a path such as /config/health.')
}

function portOfPods(text: string): string {
  if (!/^\d+$/.test(text) || (Number(text) > 0 && Number(text) < 65_536)) return text
  throw new InvalidArgumentError('Expected the name of a port, or a number from 1 to 65535.')
}

export function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port < 65_536) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n\n${EXIT_CODES}`
}
