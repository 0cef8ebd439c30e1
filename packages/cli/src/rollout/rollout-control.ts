import { openCluster } from '../cluster/open-cluster.js'
import { print } from '../output.js'
import { EXIT, UsageError } from '../usage-error.js'
import { ConfigMaps } from './config-maps.js'
import { canaryNameOf, shareText, stateOf } from './rollout-state.js'

/** The options of `hot-config rollout abort` and `hot-config rollout status`, as the parser of arguments returns them. */
interface Options {
  readonly namespace?: string
  readonly context?: string
  readonly json?: boolean
}

/** Removes the canary of a rollout. @returns the exit code */
export async function abortRollout(name: string, given: object): Promise<number> {
  const { namespace, context } = given as Options
  using cluster = await openCluster(context)
  const configMaps = new ConfigMaps(cluster, namespace ?? cluster.namespace)
  const canary = await configMaps.read(canaryNameOf(name))
  if (canary && !stateOf(canary)) {
    throw new UsageError(`ConfigMap ${canaryNameOf(name)} is not of a rollout: remove it with kubectl`)
  }
  if (canary) await configMaps.delete(canary)
  await print(canary ? `ConfigMap ${canaryNameOf(name)} is removed` : `there is no rollout of ConfigMap ${name}`)
  return EXIT.ok
}

/** Says how far a rollout is. @returns the exit code */
export async function showRollout(name: string, given: object): Promise<number> {
  const { namespace, context, json } = given as Options
  using cluster = await openCluster(context)
  const canary = await new ConfigMaps(cluster, namespace ?? cluster.namespace).read(canaryNameOf(name))
  const state = canary && stateOf(canary)
  if (json) await print(JSON.stringify({ rollout: state ? { name, ...state } : null }, null, 2))
  else if (!state) await print(`there is no rollout of ConfigMap ${name}`)
  else {
    const { steps, step, since } = state
    const all = steps.map(shareText).join(', ')
    await print(`ConfigMap ${name} is at ${shareText(steps[step])} of ${all} since ${since}`)
  }
  return EXIT.ok
}
