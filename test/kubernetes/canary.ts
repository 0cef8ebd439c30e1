import { withCanary } from '@hot-config/core'
import { configMap } from '@hot-config/kubernetes'
import { describe, expect, it } from 'vitest'

import { CONFIG_MAPS, must } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { followCanaries, STABLE } from '../support/canary-choices.ts'
import { proves } from '../requirements.ts'
import { freshName, useServer } from './support.ts'

proves('canary-stays-small')

/** Which processes serve a canary that they read from an API server. */
export function canaryChoices(startServer: () => Promise<ApiServer>): void {
  const used = useServer(startServer)

  describe('200 processes choose for themselves, others for another canary', () => {
    it('when a canary is made, gets larger shares, and is replaced', async () => {
      const name = freshName()
      const canary = `${CONFIG_MAPS}/${name}-canary`
      await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name }, data: STABLE })
      let isMade = false
      const connection = { ...used.connection(), namespace: 'default' }
      const [one, other] = await followCanaries(
        async (data) => {
          if (isMade) await must(used.server, 'PATCH', canary, { data })
          else await must(used.server, 'POST', CONFIG_MAPS, { metadata: { name: `${name}-canary` }, data })
          isMade = true
        },
        (identity) => {
          const stable = configMap({ name, ...connection })
          const optional = configMap({ name: `${name}-canary`, required: false, ...connection })
          return withCanary(stable, optional, { identity })
        },
      )
      expect(one).not.toEqual(other)
    }, 120_000)
  })
}
