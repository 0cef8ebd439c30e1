import { watch as watchFolder } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'

import type { WatchContext } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { broken } from './broken-sources.ts'
import { failuresOf, listenAndRecheck, sourceThat } from './memory-source.ts'
import type { Store } from './memory-source.ts'

const clearing = (timer: NodeJS.Timeout) => (): void => clearInterval(timer)
const closing = (it: { close(): unknown }) => (): void => void it.close()

describe('the source contract', () => {
  it('passes for a source that keeps every guarantee', async () => {
    expect(await failuresOf(sourceThat({}))).toEqual({})
  })

  it.each(broken.map(({ fault, ...rest }) => [fault, rest] as const))(
    'fails for a source that %s',
    async (_, { source, fails }) => {
      expect(Object.keys(await failuresOf(sourceThat(source))).sort()).toEqual(fails.toSorted())
    },
  )

  it.each([
    ['a timer', 'Timeout', () => clearing(setInterval(() => {}, 1_000))],
    ['a watch of a folder', 'FSEVENTWRAP', () => closing(watchFolder(tmpdir()))],
    ['a server', 'TCPSERVERWRAP', () => closing(createServer().listen())],
  ])('fails for a source that leaves %s behind, and names it', async (_, type, open) => {
    const closes: (() => void)[] = []
    const watch = (store: Store, context: WatchContext): (() => void) => {
      closes.push(open())
      return listenAndRecheck(store, context)
    }
    const failures = await failuresOf(sourceThat({ watch }))
    closes.forEach((close) => close())
    expect(Object.keys(failures)).toEqual(['leaves nothing behind that keeps the process alive'])
    expect(Object.values(failures)[0]?.message).toMatch(new RegExp(`this does: ${type}$`))
  })

  it("skips what a source declares that it can't do", async () => {
    const watch = (): (() => void) => () => {}
    const capabilities = { notifies: false, rechecks: false, changes: false, vanishes: false }
    expect(await failuresOf(sourceThat({ watch }), capabilities)).toEqual({})
  })

  it('fails for a source that can do more than it says', async () => {
    expect(Object.keys(await failuresOf(sourceThat({}), { watches: false }))).toEqual(['has no watch()'])
  })

  it('names the step that the fixture lacks', async () => {
    const failures = await failuresOf(() => ({ source: sourceThat({})().source }))
    expect(failures['calls changed after a change']?.message).toMatch(/has no change\(\)/)
    expect(failures['reads again when what was gone is back']?.message).toMatch(/has no takeAway\(\)/)
  })

  it('names what it waited for in vain', async () => {
    const failures = await failuresOf(sourceThat({ watch: () => () => {} }))
    expect(failures['calls changed after a change']?.message).toBe('waited 500 ms in vain until changed was called')
  })
})
