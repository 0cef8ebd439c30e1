import { openCluster } from '../cluster/open-cluster.js'
import { colorsFor } from '../colors.js'
import { print } from '../output.js'
import { printable } from '../printable.js'
import { parseSchemaChoice } from '../schemas/schema-choice.js'
import type { PodQuery } from '../status/pods.js'
import { StopSignal } from '../stop-signal.js'
import { EXIT, UsageError } from '../usage-error.js'
import { formatReport } from '../validate/format-report.js'
import { validate } from '../validate/validate.js'
import { ConfigMaps } from './config-maps.js'
import type { ConfigMap } from './config-maps.js'
import { Rollout, RolloutStopped } from './rollout.js'
import { changedKeys, digestOf, hasOnly, parseSteps, readKeys, removedKeys } from './rollout-plan.js'
import type { Keys } from './rollout-plan.js'
import { canaryNameOf, shareText, stateOf } from './rollout-state.js'
import type { RolloutState } from './rollout-state.js'

/** The options of `hot-config rollout`, as the parser of arguments returns them. */
interface Options extends Omit<PodQuery, 'namespace' | 'selector'> {
  readonly selector?: string
  readonly from?: string
  readonly steps: string
  readonly bake: number
  readonly timeout: number
  readonly namespace?: string
  readonly context?: string
  readonly schema?: string
  readonly schemaTimeout: number
  readonly dryRun?: boolean
}

/** @returns the exit code */
export async function runRollout(name: string, given: object): Promise<number> {
  const {
    from,
    steps: stepsText,
    selector,
    bake,
    timeout,
    namespace: named,
    context,
    dryRun,
    ...options
  } = given as Options
  if (from === undefined) throw new UsageError('--from is missing: it names the manifest with the new content')
  if (selector === undefined) throw new UsageError('--selector is missing: it chooses the pods, as app=shop')
  const steps = parseSteps(stepsText)
  const keys = await readKeys(from, name)
  if (!(await isValid(from, name, options))) return EXIT.problems

  using cluster = await openCluster(context)
  using signal = new StopSignal()
  const namespace = named ?? cluster.namespace
  const configMaps = new ConfigMaps(cluster, namespace)
  const [stable, found] = await Promise.all([configMaps.read(name), configMaps.read(canaryNameOf(name))])
  if (!stable) throw new UsageError(`ConfigMap ${name} does not exist in namespace ${namespace}: apply it first`)
  if (stable.immutable) throw new UsageError(`ConfigMap ${name} is immutable, so that no content can be rolled out`)

  const digest = digestOf(keys)
  const changed = changedKeys(keys, stable)
  const reached = found && stateToContinue(found, { digest, steps, changed })
  if (changed.size === 0) {
    // a rollout that ended right after its promotion
    if (found && !dryRun) await configMaps.delete(found)
    await print(
      found ? `ConfigMap ${name} has the content already` : `ConfigMap ${name} has the content: nothing to do`,
    )
    return EXIT.ok
  }
  const removed = removedKeys(keys, stable)
  if (removed.length > 0) {
    const what = `${from} has no ${removed.join(', ')}, and a canary can't remove a key`
    throw new UsageError(`${what}: add it, or remove it from ConfigMap ${name} first`)
  }
  const since = new Date().toISOString()
  const stableVersion = stable.metadata.resourceVersion
  const state: RolloutState = reached ?? { from: digest, stable: stableVersion, steps, step: 0, since }
  const rollout = new Rollout(
    {
      cluster,
      configMaps,
      pods: { ...options, selector, namespace },
      bakeMs: bake,
      timeoutMs: timeout,
      stopped: signal.received,
      say: print,
    },
    name,
    changed,
  )
  const plan = `${[...changed.keys()].join(', ')} of ConfigMap ${name} in steps of ${steps.map(shareText).join(', ')}`
  if (dryRun) {
    if (!found) await rollout.rehearse(state)
    await print(found ? `would go on at ${shareText(steps[state.step])} with ${plan}` : `would roll out ${plan}`)
    return EXIT.ok
  }
  let canary = found
  try {
    if (canary) await print(`goes on at ${shareText(steps[state.step])} with ${plan}`)
    else await print(`rolls out ${plan}`)
    canary ??= await rollout.begin(state)
    await rollout.finish(canary, state)
    await print(`ConfigMap ${name} has the content now, and ${canaryNameOf(name)} is removed`)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof RolloutStopped)) throw error
    const { message, removesCanary } = error
    if (removesCanary && canary) await configMaps.delete(canary)
    const ending = removesCanary && canary ? `. ConfigMap ${canaryNameOf(name)} is removed` : ''
    console.error(`hot-config: the rollout stopped: ${printable(message)}${ending}`)
    return EXIT.problems
  }
}

async function isValid(
  from: string,
  name: string,
  { schema, schemaTimeout }: Pick<Options, 'schema' | 'schemaTimeout'>,
): Promise<boolean> {
  if (schema === undefined) return true
  const report = await validate({
    inputs: [from],
    schemas: [parseSchemaChoice(schema)],
    names: [name],
    schemaTimeoutMs: schemaTimeout,
    pipeline: { redact: [], restartRequired: [], unknown: 'warn', ignore: [], formats: {} },
  })
  if (report.findings.length > 0) await print(formatReport(report, 'text', colorsFor(process.stdout)))
  return !report.findings.some(({ level }) => level === 'error')
}

/** Finds out how far the rollout of a canary is. @throws {UsageError} when it is not the one that the command is for */
function stateToContinue(
  canary: ConfigMap,
  { digest, steps, changed }: { readonly digest: string; readonly steps: readonly number[]; readonly changed: Keys },
): RolloutState {
  const { name } = canary.metadata
  const state = stateOf(canary)
  if (!state) throw new UsageError(`ConfigMap ${name} exists, and is not of a rollout: remove it first`)
  if (state.from !== digest || state.steps.join() !== steps.join()) {
    throw new UsageError(`ConfigMap ${name} is of a rollout with other content or steps: end it with rollout abort`)
  }
  // after the promotion, nothing differs any more
  if (changed.size > 0 && !hasOnly(canary, changed)) {
    throw new UsageError(`ConfigMap ${name} has not the keys that differ: end its rollout with rollout abort`)
  }
  return state
}
