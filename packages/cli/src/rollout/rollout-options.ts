import { Argument, Option } from 'commander'
import type { Command } from 'commander'

import {
  PIPELINE_OPTIONS,
  clusterOptions,
  duration,
  examples,
  pipelineOptions,
  podOptions,
  schemaOption,
  schemaTimeout,
} from '../command-options.js'
import { needs } from '../option-rules.js'

/** Adds `rollout`, which has commands of its own for what goes on. */
export function addRollout(program: Command, finish: (code: number) => void): void {
  const rollout = clusterOptions(program.command('rollout').enablePositionalOptions())
  podOptions(rollout, { required: false })
    .summary('roll a ConfigMap out step by step, with a canary')
    .description(
      'Rolls the new content of a ConfigMap out to a growing share of the pods, and stops at the first pod that rejects ' +
        'it or takes it back. The same command goes on with a rollout that was interrupted.',
    )
    .addArgument(new Argument('<name>', 'the ConfigMap; its canary is NAME-canary'))
    .addOption(new Option('--from <manifest>', 'the manifest with the new content, - for standard input'))
    .addOption(new Option('--steps <shares>', 'the shares of the pods').default('10%,50%,100%'))
    .addOption(
      new Option('--bake <duration>', 'how long each step is watched').argParser(duration).default(120_000, '2m'),
    )
    .addOption(
      new Option('--timeout <duration>', 'how long the pods may take for each step')
        .argParser(duration)
        .default(300_000, '5m'),
    )
    .addOption(schemaOption('the schema that the new content must match'))
    .addOption(schemaTimeout())
    .addOption(new Option('--dry-run', 'check all, and change nothing'))
    .addHelpText(
      'after',
      examples(
        'hot-config rollout shop-config --from new.yaml --steps 5%,25%,100% --bake 2m -l app=shop',
        'hot-config rollout status shop-config',
        'hot-config rollout abort shop-config',
      ),
    )
    .action(async (name: string, options: object) => {
      const { runRollout } = await import('./rollout-command.js')
      finish(await runRollout(name, options))
    })
  pipelineOptions(rollout)
  needs(rollout, '--schema', ['--schema-timeout', ...PIPELINE_OPTIONS])
  clusterOptions(rollout.command('status'))
    .description('say how far a rollout is')
    .addArgument(new Argument('<name>', 'the ConfigMap'))
    .addOption(new Option('--json', 'print JSON'))
    .addHelpText('after', examples('hot-config rollout status -n shop shop-config'))
    .action(async (name: string, options: object) => {
      const { showRollout } = await import('./rollout-control.js')
      finish(await showRollout(name, options))
    })
  clusterOptions(rollout.command('abort'))
    .description('end a rollout: remove its canary')
    .addArgument(new Argument('<name>', 'the ConfigMap'))
    .addHelpText('after', examples('hot-config rollout abort -n shop shop-config'))
    .action(async (name: string, options: object) => {
      const { abortRollout } = await import('./rollout-control.js')
      finish(await abortRollout(name, options))
    })
}
