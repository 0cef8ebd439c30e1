import { Option } from 'commander'
import type { Command } from 'commander'

import { clusterOptions, duration, examples, podOptions } from '../command-options.js'
import { needs } from '../option-rules.js'

/** Adds `status`. */
export function addStatus(program: Command, finish: (code: number) => void): void {
  const status = podOptions(clusterOptions(program.command('status')))
    .summary('see which configuration the pods run')
    .description(
      'Asks the pods with a label for their health report, by way of the API server: who runs what since when, who ' +
        'rejects an update, and who can not be updated. The exit code is 0 when all pods run the same.',
    )
    .addOption(
      new Option(
        '--prometheus <url>',
        'ask the metrics of a Prometheus, and not the pods; -l has labels of the metrics',
      ).conflicts(['context', 'path', 'port', 'concurrency']),
    )
    .addOption(
      new Option(
        '--prometheus-auth-file <file>',
        'has a bearer token, or USER:PASSWORD (default: $HOT_CONFIG_PROMETHEUS_AUTH)',
      ),
    )
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
        'hot-config status -n shop -l job=shop --prometheus http://prometheus:9090 --watch',
      ),
    )
    .action(async (options: object) => {
      const { runStatus } = await import('./status-command.js')
      finish(await runStatus(options))
    })
  needs(status, '--prometheus', ['--prometheus-auth-file'])
}
