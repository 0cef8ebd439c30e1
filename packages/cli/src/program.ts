import { Argument, Command, InvalidArgumentError, Option } from 'commander'

import type { Shell } from './completion.js'

/** The exit codes, at the end of each help. */
const EXIT_CODES = 'Exit codes: 0 all is well, 1 there are problems, 2 the command was not used correctly.'

/**
 * The tree of commands. What a command does is imported when it runs, so that help and completion stay fast.
 *
 * @param finish called with the exit code of the command
 */
export function createProgram(version: string, finish: (code: number) => void): Command {
  const program = new Command('hot-config')
    .description('Check ConfigMaps before they ship, try them on a laptop, and find out why a pod does not follow.')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for options and examples)')
    .showSuggestionAfterError()
    .exitOverride()
  const commands = [addValidate, addMount, addSchema, addDoctor, addStatus, addWebhook, addCompletion]
  for (const add of commands) add(program, finish)
  program.addHelpText('after', `\n${EXIT_CODES}\nEach command has its own help: hot-config validate --help`)
  return program
}

type Finish = (code: number) => void

function addValidate(program: Command, finish: Finish): void {
  pipelineOptions(program.command('validate'))
    .summary('check ConfigMaps and Secrets against a schema')
    .description(
      'Checks the ConfigMaps and Secrets of manifests against a schema, as a service would, and shows each problem ' +
        'with its line in the manifest.',
    )
    .addArgument(new Argument('<manifest...>', 'files, folders, or - for standard input'))
    .addOption(
      schemaOption('the schema: FILE, NAME=FILE for one object, A+B=FILE for objects that one service merges')
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--name <name>', 'check only this object; A+B merges objects').argParser(collect))
    .addOption(new Option('--against <manifest>', 'the manifests before: show what changes, without secrets'))
    .addOption(
      new Option('--format <format>', 'the format of the report')
        .choices(['text', 'json', 'github', 'sarif'])
        .default('text'),
    )
    .addOption(new Option('--json', 'the same as --format json'))
    .addOption(new Option('--strict', 'exit with 1 for warnings too'))
    .addOption(schemaTimeout())
    .addHelpText(
      'after',
      examples(
        'hot-config validate --schema ./config.ts k8s/config-map.yaml',
        'kustomize build . | hot-config validate --schema ./config.ts --name shop-config -',
        'hot-config validate --schema shop-config+shop-secret=./config.ts k8s/',
        'hot-config validate --schema ./config.ts --against old.yaml --restart-required port new.yaml',
      ),
    )
    .action(async (inputs: string[], options: object) => {
      const { runValidate } = await import('./validate/validate-command.js')
      finish(await runValidate(inputs, options))
    })
}

function addMount(program: Command, finish: Finish): void {
  program
    .command('mount')
    .summary('write a ConfigMap as a volume, as the kubelet does')
    .description(
      'Writes the ConfigMap or Secret of a manifest as a volume, in the steps of the kubelet. Run it again to update ' +
        'the volume, or let it follow the manifest with --watch.',
    )
    .addArgument(new Argument('<manifest>', 'a file, a folder, or - for standard input'))
    .addArgument(new Argument('<folder>', 'the folder of the volume'))
    .addOption(new Option('--name <name>', 'which object, when the manifest has several'))
    .addOption(new Option('--watch', 'update the volume each time the manifest is saved'))
    .addOption(
      new Option('--delay <duration>', 'wait before each update, as the kubelet does')
        .argParser(duration)
        .default(0, '0s'),
    )
    .addOption(new Option('--json', 'print one JSON object for each update or problem'))
    .addHelpText(
      'after',
      examples(
        'hot-config mount k8s/config-map.yaml ./etc/config --watch',
        'HOT_CONFIG_PATH=./etc/config node app.js',
        'kustomize build . | hot-config mount --name shop-config - ./etc/config',
      ),
    )
    .action(async (manifest: string, folder: string, options: object) => {
      const { runMount } = await import('./mount/mount-command.js')
      finish(await runMount(manifest, folder, options))
    })
}

function addSchema(program: Command, finish: Finish): void {
  program
    .command('schema')
    .summary('show a schema as a ConfigMap, a table or a JSON Schema')
    .description(
      'Shows a schema as a ConfigMap with all defaults and comments, as a table for documentation, or as a JSON ' +
        'Schema for editors.',
    )
    .addOption(schemaOption('the schema').makeOptionMandatory())
    .addOption(
      new Option('--to <form>', 'what to show').choices(['configmap', 'markdown', 'json-schema']).default('configmap'),
    )
    .addOption(new Option('--name <name>', 'the name of the ConfigMap').default('app-config'))
    .addOption(schemaTimeout())
    .addHelpText(
      'after',
      examples(
        'hot-config schema --schema ./config.ts --name shop-config > k8s/config-map.yaml',
        'hot-config schema --schema ./config.ts --to markdown >> README.md',
        'hot-config schema --schema ./config.ts --to json-schema > config.schema.json',
      ),
    )
    .action(async (options: object) => {
      const { runSchema } = await import('./schema/schema-command.js')
      finish(await runSchema(options))
    })
}

function addDoctor(program: Command, finish: Finish): void {
  program
    .command('doctor')
    .summary('find out why a process does not follow')
    .description(
      'Checks, in a pod or on a laptop, whether updates of a mounted ConfigMap arrive and how they are noticed. Each ' +
        'finding says what to do.',
    )
    .addArgument(new Argument('[dir]', 'where the ConfigMap is mounted (default: $HOT_CONFIG_PATH, else /etc/config)'))
    .addOption(new Option('--name <name>', 'the ConfigMap or Secret that is read from the API'))
    .addOption(new Option('--json', 'print JSON'))
    .addHelpText(
      'after',
      examples(
        'hot-config doctor',
        'kubectl exec deploy/shop -- npx hot-config doctor /etc/config',
        'hot-config doctor --json ./etc/config | jq .checks',
      ),
    )
    .action(async (dir: string | undefined, options: object) => {
      const { runDoctor } = await import('./doctor/doctor-command.js')
      finish(await runDoctor(dir, options))
    })
}

function addStatus(program: Command, finish: Finish): void {
  program
    .command('status')
    .summary('see which configuration the pods run')
    .description(
      'Asks the pods with a label for their health report, by way of the API server: who runs what since when, who ' +
        'rejects an update, and who can not be updated. The exit code is 0 when all pods run the same.',
    )
    .addOption(new Option('-n, --namespace <namespace>', 'the namespace (default: that of the context or the pod)'))
    .addOption(new Option('-l, --selector <labels>', 'the labels of the pods, such as app=shop').makeOptionMandatory())
    .addOption(new Option('--context <context>', 'the context of the kubeconfig'))
    .addOption(new Option('--path <path>', 'the path of the health report').default('/config/health'))
    .addOption(new Option('--port <port>', 'the port of the pods (default: http, else the first)'))
    .addOption(new Option('--concurrency <count>', 'how many pods are asked at once').argParser(count).default(50))
    .addOption(new Option('--watch', 'wait until all pods run the same, or one rejects an update'))
    .addOption(new Option('--after <digest>', 'the digest before the change: wait until all pods run another'))
    .addOption(new Option('--timeout <duration>', 'how long --watch waits').argParser(duration).default(120_000, '2m'))
    .addOption(new Option('--json', 'print JSON'))
    .addHelpText(
      'after',
      examples(
        'hot-config status -n shop -l app=shop',
        'before=$(hot-config status -l app=shop --json | jq -r .digest)',
        'kubectl apply -f config-map.yaml',
        'hot-config status -l app=shop --watch --after "$before" --timeout 2m',
      ),
    )
    .action(async (options: object) => {
      const { runStatus } = await import('./status/status-command.js')
      finish(await runStatus(options))
    })
}

function addWebhook(program: Command, finish: Finish): void {
  pipelineOptions(program.command('webhook'))
    .summary('reject bad ConfigMaps when they are applied')
    .description(
      'Runs a validating admission webhook: kubectl apply of a ConfigMap or Secret that the schema rejects fails. It ' +
        'answers POST /validate, GET /healthz and GET /metrics over HTTPS.',
    )
    .addOption(
      schemaOption('the schema: NAME=FILE for the object with that name, FILE for all others')
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--cert-dir <folder>', 'has tls.crt and tls.key, and is followed').makeOptionMandatory())
    .addOption(new Option('--port <port>', 'the port').argParser(portNumber).default(8443))
    .addOption(new Option('--host <address>', 'the address to listen on (default: all)'))
    .addOption(schemaTimeout(5_000, '5s'))
    .addHelpText(
      'after',
      examples(
        'hot-config webhook --schema shop-config=./config.ts --cert-dir /tls',
        'kubectl apply -k examples/kubernetes/webhook',
      ),
    )
    .action(async (options: object) => {
      const { runWebhook } = await import('./webhook/webhook-command.js')
      finish(await runWebhook(options))
    })
}

function addCompletion(program: Command, finish: Finish): void {
  program
    .command('completion')
    .summary('print the completion of a shell')
    .description('Prints a script with which a shell completes commands, options and their values.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples(
        'source <(hot-config completion bash)',
        'hot-config completion fish > ~/.config/fish/completions/hot-config.fish',
      ),
    )
    .action(async (shell: Shell) => {
      const [{ completionFor }, { print }] = await Promise.all([import('./completion.js'), import('./output.js')])
      await print(completionFor(shell, program))
      finish(0)
    })
}

/** Adds the options that say how a service reads its sources. */
function pipelineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--restart-required <path>', 'a path of restartRequired: warn when an update changes it').argParser(
        collect,
      ),
    )
    .addOption(new Option('--redact <path>', 'a path of redact').argParser(collect))
    .addOption(
      new Option('--unknown <policy>', 'names that the schema does not know')
        .choices(['warn', 'reject', 'ignore'])
        .default('warn'),
    )
    .addOption(new Option('--keys <glob>', 'read only these keys, as volume() does').argParser(collect))
    .addOption(new Option('--ignore <glob>', 'leave these keys out, as volume() does').argParser(collect))
    .addOption(new Option('--read-as <glob=format>', 'the format of keys, such as *.conf=ini').argParser(collect))
}

function schemaOption(description: string): Option {
  return new Option('--schema <file>', description)
}

function schemaTimeout(ms = 30_000, text = '30s'): Option {
  return new Option('--schema-timeout <duration>', 'how long the schema may take for each answer')
    .argParser(duration)
    .default(ms, text)
}

/** Collects an option that may be given several times. */
function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Reads `500ms`, `5s` or `2m` as milliseconds. */
function duration(text: string): number {
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

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port < 65_536) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n\n${EXIT_CODES}`
}
