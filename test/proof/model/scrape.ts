import { deepStrictEqual } from 'node:assert/strict'

import { constant } from 'fast-check'

import { samplesIn } from '../../reports/scrape.ts'
import type { Kind } from './commands.ts'

/** Compares the metrics with health. */
export const scrape: Kind<undefined> = {
  name: 'scrape',
  arg: constant(undefined),
  async run(model, { process }) {
    if (!process) return
    const { reloads, lastRejection, pendingRestart, listenerErrors, canary, guard, digest, version, sources } =
      process.config.health()
    const label = canary?.state === 'serving' ? ',canary="true"' : ''
    const expected: Record<string, number> = {
      [`hot_config_info{digest="${digest}",version="${version}"${label}}`]: 1,
      ...(canary && { [`hot_config_canary_info{state="${canary.state}"}`]: 1, hot_config_canary_share: canary.share }),
      ...(guard && { [`hot_config_guard_info{state="${guard.state}"}`]: 1 }),
      hot_config_taken_back_total: model.takenBack,
      hot_config_last_reload_successful: lastRejection ? 0 : 1,
      ...Object.fromEntries(
        Object.entries(reloads).map(([result, n]) => [`hot_config_reloads_total{result="${result}"}`, n]),
      ),
      ...Object.fromEntries(
        sources.flatMap(({ name, revision, updatable, warnings }) => [
          [`hot_config_source_up{source="${name}"}`, Number(revision !== null)],
          [`hot_config_source_updatable{source="${name}"}`, Number(updatable)],
          [`hot_config_source_warnings{source="${name}"}`, warnings.length],
        ]),
      ),
      hot_config_pending_restarts: pendingRestart.length,
      hot_config_listener_errors_total: listenerErrors,
    }
    const samples = Object.entries(await samplesIn(process.register))
    const compared = samples.filter(([name]) => !/_duration_|_timestamp_/.test(name))
    deepStrictEqual(Object.fromEntries(compared), expected, 'metrics')
  },
}
