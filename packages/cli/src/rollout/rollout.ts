import { setTimeout as delay } from 'node:timers/promises'

import { SHARE_KEY } from '@hot-config/core/internal'

import type { ApiObject } from '../cluster/api-object.js'
import { ClusterError } from '../cluster/cluster-error.js'
import type { Cluster } from '../cluster/cluster.js'
import { statusOfPods } from '../status/pods.js'
import type { PodQuery, PodStatus } from '../status/pods.js'
import type { ConfigMaps } from './config-maps.js'
import { notReadyIn, progressOf, rejectionIn } from './fleet-progress.js'
import { contentOf, patchOf } from './rollout-plan.js'
import type { Keys } from './rollout-plan.js'
import { annotationsOf, canaryNameOf, shareText } from './rollout-state.js'
import type { RolloutState } from './rollout-state.js'

/** How often the pods are asked, in milliseconds. */
const INTERVAL_MS = 1_000

/** How often in a row the API server may not do what it is asked for. */
const MAX_FAILURES = 10

/** A rollout ends before its last step. */
export class RolloutStopped extends Error {
  override name = 'RolloutStopped'
  /** Whether the canary goes. Otherwise the same command goes on later. */
  readonly removesCanary: boolean

  constructor(message: string, { removesCanary }: { readonly removesCanary: boolean }) {
    super(message)
    this.removesCanary = removesCanary
  }
}

/** What a rollout needs. */
export interface RolloutParts {
  readonly cluster: Cluster
  readonly configMaps: ConfigMaps
  readonly pods: PodQuery
  /** How long each step is watched once the chosen pods serve it, in milliseconds. */
  readonly bakeMs: number
  /** How long the pods may take to serve a step, in milliseconds. */
  readonly timeoutMs: number
  /** Resolves when the command is asked to end. */
  readonly stopped: Promise<void>
  readonly say: (line: string) => Promise<void>
}

/** What a rollout waits for. */
interface Waiting {
  readonly isDone: boolean
  readonly waitingFor: string | undefined
}

/** Content that goes out step by step, as a canary of the stable ConfigMap. */
export class Rollout {
  readonly #parts: RolloutParts
  readonly #name: string
  /** The keys that differ from the stable ConfigMap. */
  readonly #keys: Keys
  #said = ''
  #failures = 0
  #hasWorked = false

  constructor(parts: RolloutParts, name: string, keys: Keys) {
    this.#parts = parts
    this.#name = name
    this.#keys = keys
  }

  /** Creates the canary, at its first step. @throws {RolloutStopped} when the pods are not ready for it */
  async begin(state: RolloutState): Promise<ApiObject> {
    await this.#wait(async () => {
      await this.#checkStable(state)
      const pods = await this.#pods()
      const waitingFor = notReadyIn(pods)
      // a canary that is on its way out may still be the reason of a rejection
      const rejection = pods.some(({ canary }) => canary) ? undefined : rejectionIn(pods)
      if (rejection !== undefined) throw new RolloutStopped(rejection, { removesCanary: false })
      if (waitingFor !== undefined) await this.#say(`waits until the pods are ready: ${waitingFor}`)
      return { isDone: waitingFor === undefined, waitingFor }
    }, 'nothing was changed')
    const canary = await this.#create(state, false)
    if (canary) return canary
    const message = `somebody else created ConfigMap ${canaryNameOf(this.#name)}`
    throw new RolloutStopped(message, { removesCanary: false })
  }

  /** Asks the API server whether it would accept the canary, and changes nothing. */
  async rehearse(state: RolloutState): Promise<void> {
    await this.#create(state, true)
  }

  /**
   * Goes from the step of a canary to the last one, and makes its content the stable one.
   *
   * @throws {RolloutStopped} at the first rejection, and when somebody else changes one of the two ConfigMaps
   */
  async finish(canary: ApiObject, state: RolloutState): Promise<void> {
    let current = canary
    await this.#serve(current, state)
    for (let step = state.step + 1; step < state.steps.length; step++) {
      const next = { ...state, step, since: new Date().toISOString() }
      const share = { [SHARE_KEY]: shareText(state.steps[step]) }
      const patch = { metadata: { annotations: annotationsOf(next) }, data: share }
      const patched = await this.#parts.configMaps.patch(current, patch)
      if (!patched) throw new RolloutStopped(this.#otherCanary(), { removesCanary: false })
      current = patched
      await this.#serve(current, next)
    }
    const stable = await this.#checkStable(state)
    const promoted = await this.#parts.configMaps.patch(stable, patchOf(this.#keys))
    if (!promoted) throw new RolloutStopped(this.#otherStable(), { removesCanary: true })
    await this.#parts.configMaps.delete(current)
  }

  async #create(state: RolloutState, dryRun: boolean): Promise<ApiObject | undefined> {
    const { data, binaryData } = contentOf(this.#keys)
    const share = { [SHARE_KEY]: shareText(state.steps[state.step]) }
    const content = { data: { ...data, ...share }, binaryData, annotations: annotationsOf(state) }
    return this.#parts.configMaps.create(canaryNameOf(this.#name), content, { dryRun })
  }

  /** Waits until the chosen pods serve a step, and have for as long as it bakes. */
  async #serve(canary: ApiObject, state: RolloutState): Promise<void> {
    const { bakeMs } = this.#parts
    const percent = state.steps[state.step] ?? 0
    let servedSince: number | undefined
    await this.#wait(async () => {
      await this.#checkStable(state)
      await this.#checkCanary(canary)
      const pods = await this.#pods()
      const rejection = rejectionIn(pods)
      if (rejection !== undefined) throw new RolloutStopped(rejection, { removesCanary: true })
      const { isServed, isBaking, chosen, serving, waitingFor } = progressOf(pods, percent)
      // a pod that starts again has to show anew that it works
      servedSince = isServed ? (servedSince ?? performance.now()) : undefined
      await this.#say(`${shareText(percent)}: ${serving} of ${chosen} chosen pods serve it, of ${pods.length} pods`)
      const hasBaked = servedSince !== undefined && performance.now() - servedSince >= bakeMs && !isBaking
      return { isDone: isServed && (chosen === 0 || hasBaked), waitingFor }
    }, 'the same command goes on, rollout abort ends it')
  }

  /** Asks until it is done. The time in which nothing is waited for does not count. */
  async #wait(ask: () => Promise<Waiting>, advice: string): Promise<void> {
    const { timeoutMs, stopped } = this.#parts
    let end = performance.now() + timeoutMs
    for (;;) {
      const { isDone, waitingFor } = await this.#unlessAway(ask)
      if (isDone) return
      if (waitingFor === undefined) end = performance.now() + timeoutMs
      else if (performance.now() > end) {
        throw new RolloutStopped(`after ${timeoutMs / 1000} s, ${waitingFor} (${advice})`, { removesCanary: false })
      }
      const isStopped = await Promise.race([delay(INTERVAL_MS, false), stopped.then(() => true)])
      if (isStopped) throw new RolloutStopped(`interrupted: ${advice}`, { removesCanary: false })
    }
  }

  /**
   * Waits for an API server that does not answer: a restart of it does not end a rollout. One that starts forbids for a
   * moment what it allowed before.
   */
  async #unlessAway(ask: () => Promise<Waiting>): Promise<Waiting> {
    try {
      const found = await ask()
      this.#failures = 0
      this.#hasWorked = true
      return found
    } catch (error) {
      const mayPass = error instanceof ClusterError && (error.mayPass || this.#hasWorked)
      if (!mayPass || ++this.#failures >= MAX_FAILURES) throw error
      await this.#say(error.message)
      return { isDone: false, waitingFor: error.message }
    }
  }

  #pods(): Promise<readonly PodStatus[]> {
    return statusOfPods(this.#parts.cluster, this.#parts.pods)
  }

  async #checkStable({ stable }: RolloutState): Promise<ApiObject> {
    const found = await this.#parts.configMaps.read(this.#name)
    if (found?.metadata.resourceVersion === stable) return found
    throw new RolloutStopped(this.#otherStable(), { removesCanary: true })
  }

  async #checkCanary({ metadata }: ApiObject): Promise<void> {
    const found = await this.#parts.configMaps.read(metadata.name)
    if (found?.metadata.resourceVersion === metadata.resourceVersion) return
    throw new RolloutStopped(this.#otherCanary(), { removesCanary: false })
  }

  #otherStable(): string {
    return `somebody else changed ConfigMap ${this.#name} since the rollout began`
  }

  #otherCanary(): string {
    return `somebody else changed or removed ConfigMap ${canaryNameOf(this.#name)}`
  }

  async #say(line: string): Promise<void> {
    if (line !== this.#said) await this.#parts.say(line)
    this.#said = line
  }
}
