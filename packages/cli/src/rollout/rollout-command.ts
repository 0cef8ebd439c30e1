import type { ApiObject } from '../cluster/api-object.js'
import { ClusterError } from '../cluster/cluster-error.js'
import { namespaceOf } from '../cluster/namespace.js'
import { openCluster } from '../cluster/open-cluster.js'
import { readInput } from '../manifests/read-input.js'
import { print } from '../output.js'
import { printable } from '../printable.js'
import type { PodQuery } from '../status/pods.js'
import { StopSignal } from '../stop-signal.js'
import { EXIT, UsageError } from '../usage-error.js'
import { ConfigMaps } from './config-maps.js'
import { Rollout, RolloutStopped } from './rollout.js'
import { changedKeys, contentIn, digestOf, hasOnly, parseSteps, removedKeys } from './rollout-plan.js'
import type { Keys } from './rollout-plan.js'
import { canaryNameOf, shareText, stateOf } from './rollout-state.js'
import type { RolloutState } from './rollout-state.js'
import { isValidUpdate } from './rollout-validation.js'
import type { ValidationFlags } from './rollout-validation.js'

/** The options of `hot-config rollout`, as the parser of arguments returns them. */
interface Options extends Omit<PodQuery, 'namespace' | 'selector'>, ValidationFlags {
  readonly selector?: string
  readonly from?: string
  readonly steps: string
  readonly bake: number
  readonly timeout: number
  readonly namespace?: string
  readonly context?: string
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
  const manifests = await readInput([from])
  const { keys, namespace: inManifest } = contentIn(manifests, name)

  using cluster = await openCluster(context)
  using signal = new StopSignal()
  const namespace = namespaceOf(inManifest, named, cluster.namespace)
  const configMaps = new ConfigMaps(cluster, namespace)
  const [stable, found] = await Promise.all([configMaps.read(name), configMaps.read(canaryNameOf(name))])
  if (!stable) throw new UsageError(`ConfigMap ${name} does not exist in namespace ${namespace}: apply it first`)
  if (stable.immutable) throw new UsageError(`ConfigMap ${name} is immutable, so that no content can be rolled out`)
  if (!(await isValidUpdate(manifests, stable, options))) return EXIT.problems

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
    if (!canary && error instanceof ClusterError) throw error
    const { reason, removesCanary } = endingOf(error)
    console.error(`hot-config: the rollout stopped: ${printable(reason)}`)
    if (!removesCanary || !canary) return EXIT.problems
    await configMaps.delete(canary)
    console.error(`hot-config: ConfigMap ${canaryNameOf(name)} is removed`)
    return EXIT.problems
  }
}

/** Says why a rollout ends. @throws what is not about the rollout */
function endingOf(error: unknown): { readonly reason: string; readonly removesCanary: boolean } {
  if (error instanceof RolloutStopped) return { reason: error.message, removesCanary: error.removesCanary }
  if (!(error instanceof ClusterError)) throw error
  return { reason: `${error.message} (the same command goes on, rollout abort ends it)`, removesCanary: false }
}

/** Finds out how far the rollout of a canary is. @throws {UsageError} when it is not the one that the command is for */
function stateToContinue(
  canary: ApiObject,
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
