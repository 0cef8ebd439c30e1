import { volume, withCanary } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { hasAtomicWriter, writeAtomically } from '../support/atomic-writer.ts'
import { followCanaries, STABLE } from '../support/canary-choices.ts'
import { proves } from '../requirements.ts'

proves('canary-stays-small')

const TIMEOUT_MS = 60_000

describe('200 processes choose for themselves, others for another canary', () => {
  it(
    'on one volume each of the stable content and the canary',
    async () => {
      await using stable = await createConfigMapVolume()
      await using canary = await createConfigMapVolume()
      await stable.update(STABLE)
      const [one, other] = await followCanaries(
        (files) => canary.update(files),
        (identity) => withCanary(volume(stable.path), volume(canary.path, { required: false }), { identity }),
      )
      expect(one).not.toEqual(other)
    },
    TIMEOUT_MS,
  )

  it.runIf(hasAtomicWriter)(
    "on volumes that the kubelet's own code writes",
    async () => {
      await using stable = await createConfigMapVolume()
      await using canary = await createConfigMapVolume()
      await writeAtomically(stable.path, [STABLE])
      const [one, other] = await followCanaries(
        (files) => writeAtomically(canary.path, [files]),
        (identity) => withCanary(volume(stable.path), volume(canary.path, { required: false }), { identity }),
      )
      expect(one).not.toEqual(other)
    },
    TIMEOUT_MS,
  )
})
