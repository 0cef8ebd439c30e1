import { Argument, Command, Option } from 'commander'

import {
  EXIT_CODES,
  clusterOptions,
  collect,
  duration,
  examples,
  pipelineOptions,
  portNumber,
  schemaOption,
  schemaTimeout,
} from './command-options.js'
import { checkOptions, needs } from './option-rules.js'
import { addRollout } from './rollout/rollout-options.js'
import { addStatus } from './status/status-options.js'

import type { Shell } from './completion.js'

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
  const commands = [
    addValidate,
    addMount,
    addSchema,
    addExplain,
    addDoctor,
    addStatus,
    addRollout,
    addWebhook,
    addCompletion,
  ]
  for (const add of commands) add(program, finish)
  checkOptions(program)
  program.addHelpText('after', `\n${EXIT_CODES}\nEach command has its own help: hot-config validate --help`)
  return program
}

type Finish = (code: number) => void

function addValidate(program: Command, finish: Finish): void {
  const validate = clusterOptions(pipelineOptions(program.command('validate')))
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
    .addOption(new Option('--against-cluster', 'the same for the live objects of the cluster').conflicts('against'))
    .addOption(
      new Option('--format <format>', 'the format of the report')
        .choices(['text', 'json', 'github', 'sarif'])
        .default('text'),
    )
    .addOption(new Option('--json', 'the same as --format json').conflicts('format'))
    .addOption(new Option('--strict', 'exit with 1 for warnings too'))
    .addOption(schemaTimeout())
    .addHelpText(
      'after',
      examples(
        'hot-config validate --schema ./config.ts k8s/config-map.yaml',
        'kustomize build . | hot-config validate --schema ./config.ts --name shop-config -',
        'hot-config validate --schema shop-config+shop-secret=./config.ts k8s/',
        'hot-config validate --schema ./config.ts --against old.yaml --restart-required port new.yaml',
        'hot-config validate --schema ./config.ts --against-cluster -n shop new.yaml',
      ),
    )
    .action(async (inputs: string[], options: object) => {
      const { runValidate } = await import('./validate/validate-command.js')
      finish(await runValidate(inputs, options))
    })
  needs(validate, '--against-cluster', ['--namespace', '--context'])
}

function addMount(program: Command, finish: Finish): void {
  const mount = clusterOptions(program.command('mount'))
    .summary('write a ConfigMap as a volume, as the kubelet does')
    .description(
      'Writes the ConfigMap or Secret of a manifest as a volume, in the steps of the kubelet. Run it again to update ' +
        'the volume, or let it follow the manifest with --watch. With --from-cluster, it is the live object.',
    )
    .addArgument(
      new Argument('<manifest>', 'a file, a folder, or - for standard input; from a cluster also a name, TYPE/NAME'),
    )
    .addArgument(new Argument('<folder>', 'the folder of the volume'))
    .addOption(new Option('--name <name>', 'which object, when the manifest has several'))
    .addOption(new Option('--from-cluster', 'read the live object of the cluster'))
    .addOption(new Option('--optional', 'an object that the cluster does not have is an empty volume'))
    .addOption(new Option('--watch', 'update the volume after each change, until Ctrl-C'))
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
        'hot-config mount --from-cluster -n shop shop-config ./etc/config --watch',
      ),
    )
    .action(async (manifest: string, folder: string, options: object) => {
      const { runMount } = await import('./mount/mount-command.js')
      finish(await runMount(manifest, folder, options))
    })
  needs(mount, '--from-cluster', ['--namespace', '--context', '--optional'])
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

function addExplain(program: Command, finish: Finish): void {
  program
    .command('explain')
    .summary('find out where a value comes from')
    .description(
      'Loads a configuration as a service that starts here would, and shows where the value at a path comes from, ' +
        'what it overrides, and whether the environment sets it. Secrets are not shown.',
    )
    .addArgument(new Argument('<path>', 'the path of a value, such as pool.max'))
    .addOption(schemaOption('the schema (default: none, as for a service without a schema)'))
    .addOption(
      new Option(
        '--sources <kind:place>',
        'a source: volume, secret, file, dotenv or env; later ones override earlier ones (default: volume of $HOT_CONFIG_PATH, else /etc/config)',
      ).argParser(collect),
    )
    .addOption(new Option('--redact <path>', 'a path of redact').argParser(collect))
    .addOption(new Option('--json', 'print JSON'))
    .addOption(schemaTimeout())
    .addHelpText(
      'after',
      examples(
        'hot-config explain --schema ./config.ts --sources volume:./etc/config --sources env:SHOP_ pool.max',
        'hot-config explain --schema ./config.ts --sources file:./app.yaml --sources dotenv:./.env --json pool.max',
      ),
    )
    .action(async (path: string, options: object) => {
      const { runExplain } = await import('./explain/explain-command.js')
      finish(await runExplain(path, options))
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
