import assert from 'node:assert/strict'

import type { Guarantee } from './guarantee.js'
import type { Observer } from './observer.js'
import { Resources } from './resources.js'
import type { Subject } from './subject.js'

/** So long that every change is noticed without a recheck. In milliseconds. */
const NO_RECHECK = 3_600_000
const SEVERAL = 5
const BURST = 20

/** The guarantees of a source for watching. Additional calls of `changed` are allowed, missing calls are not. */
export const watching: readonly Guarantee[] = [
  {
    name: 'has no watch()',
    lacks: ['watches'],
    async prove({ source }) {
      assert(source.watch === undefined, 'it has one: leave out the capability `watches: false`')
    },
  },
  {
    name: 'says what notices changes',
    needs: ['watches'],
    async prove(subject) {
      const { watch } = subject.observe()
      assert(typeof watch.by === 'string' && watch.by !== '', 'by: expected a text')
      assert(
        Array.isArray(watch.warnings) && watch.warnings.every((warning) => typeof warning === 'string'),
        'warnings: expected a list of texts',
      )
    },
  },
  {
    name: 'calls changed after a change',
    needs: ['watches', 'changes'],
    async prove(subject) {
      const observer = subject.observe()
      await observer.read()
      const { calls } = observer
      await subject.change()
      await subject.until(() => observer.calls > calls, 'changed was called')
    },
  },
  {
    name: 'calls changed after every change, when reading gives the new content',
    needs: ['watches', 'changes'],
    prove: (subject) => followSeveral(subject, subject.observe()),
  },
  {
    name: 'calls changed after every change without waiting for a recheck',
    needs: ['watches', 'changes', 'notifies'],
    prove: (subject) => followSeveral(subject, subject.observe({ recheckMs: NO_RECHECK })),
  },
  {
    name: 'calls changed after the last of many quick changes',
    needs: ['watches', 'changes'],
    prove: (subject) => followBurst(subject, subject.observe()),
  },
  {
    name: 'calls changed after the last of many quick changes without waiting for a recheck',
    needs: ['watches', 'changes', 'notifies'],
    prove: (subject) => followBurst(subject, subject.observe({ recheckMs: NO_RECHECK })),
  },
  {
    name: 'calls changed after a change between reading and watching',
    needs: ['watches', 'changes', 'rechecks'],
    async prove(subject) {
      const { stamp } = await subject.read()
      assert(stamp !== undefined, 'the reading has no stamp: give it one, or the capability `rechecks: false`')
      await subject.change()
      const observer = subject.observe({ stamp })
      await subject.until(() => observer.calls > 0, 'changed was called')
    },
  },
  {
    name: 'calls changed by rechecking after a notification was lost',
    needs: ['watches', 'changes', 'rechecks'],
    async prove(subject) {
      const { stamp } = await subject.read()
      const observer = subject.observe({ stamp })
      await subject.change()
      await subject.until(() => observer.calls > 0, 'changed was called')
      // The observer ignored the call, so the last reading is still the one before the change.
      await calledAgain(subject, observer)
    },
  },
  {
    name: 'calls changed by rechecking after a reading failed',
    needs: ['watches', 'rechecks'],
    async prove(subject) {
      await calledAgain(subject, subject.observe({ stamp: undefined }))
    },
  },
  {
    name: 'watches before there is anything to read',
    needs: ['watches', 'vanishes'],
    async prove(subject) {
      await subject.takeAway()
      const observer = subject.observe()
      await observer.read()
      await subject.bringBack()
      await follows(subject, observer)
    },
  },
  {
    name: 'calls changed when what was gone is back, and goes on watching it',
    needs: ['watches', 'vanishes', 'changes'],
    async prove(subject) {
      const observer = subject.observe()
      await subject.takeAway()
      await observer.read()
      await subject.bringBack()
      await follows(subject, observer)
      await subject.change()
      await follows(subject, observer)
    },
  },
  {
    name: 'never calls changed after close',
    needs: ['watches', 'changes'],
    async prove(subject) {
      const witness = subject.observe()
      const observer = subject.observe()
      await witness.read()
      await subject.change()
      observer.close()
      const { calls } = observer
      await follows(subject, witness)
      // Late notifications of the first change are over, so this proves that the second change is noticed.
      await subject.change()
      await follows(subject, witness)
      assert.equal(observer.calls, calls, 'changed was called after close()')
    },
  },
  {
    name: 'goes on watching when another watch of the same source is closed',
    needs: ['watches', 'changes'],
    async prove(subject) {
      const observer = subject.observe()
      await observer.read()
      subject.observe().close()
      await subject.change()
      await follows(subject, observer)
    },
  },
  {
    name: 'can be closed twice',
    needs: ['watches'],
    async prove(subject) {
      const { watch } = subject.observe()
      watch.close()
      watch.close()
    },
  },
  {
    name: 'leaves nothing behind that keeps the process alive',
    async prove(subject) {
      const resources = new Resources()
      try {
        await resources.during(async () => {
          await subject.read()
          if (!subject.source.watch) return
          const observer = subject.observe()
          await observer.read()
          observer.close()
        })
        await subject.until(
          () => resources.alive().length === 0,
          () => `nothing keeps the process alive; this does: ${resources.alive().join(', ')}`,
        )
      } finally {
        resources.close()
      }
    },
  },
]

/** Waits until the observer has read the content that the source has now. */
async function follows(subject: Subject, observer: Observer): Promise<void> {
  const content = await subject.content()
  await subject.until(() => observer.content === content, 'changed was called and reading gave the new content')
}

async function followSeveral(subject: Subject, observer: Observer): Promise<void> {
  await observer.read()
  for (let count = 0; count < SEVERAL; count++) {
    await subject.change()
    await follows(subject, observer)
  }
}

async function followBurst(subject: Subject, observer: Observer): Promise<void> {
  await observer.read()
  for (let count = 0; count < BURST; count++) await subject.change()
  await follows(subject, observer)
}

async function calledAgain(subject: Subject, observer: Observer): Promise<void> {
  const { calls } = observer
  // One call may still belong to the previous notification.
  await subject.until(() => observer.calls >= calls + 3, 'changed was called again')
}
