import { readFileSync } from 'node:fs'

import { createConfigMapVolume } from '@hot-config/testing'
import { describe, expect, it } from 'vitest'

import { examplesOf, runExample } from '../support/snippets.ts'

const PAGE = 'packages/openfeature/README.md'
const [service = ''] = examplesOf(PAGE)

describe("the OpenFeature package's README", () => {
  it('shows a flag that depends on the user', async () => {
    const [, flags = ''] = /```json\n(.*?)```/s.exec(readFileSync(PAGE, 'utf8')) ?? []
    await using volume = await createConfigMapVolume()
    await volume.update({ 'flags.json': flags })
    const code = service.replace('/etc/config', volume.path)
    await runExample(`${code}\nprocess.send(isOnePage)`, async (_child, next) => expect(await next()).toBe(true))
  })
})
