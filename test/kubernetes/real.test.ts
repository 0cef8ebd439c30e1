import { afterAll, describe } from 'vitest'

import { hasApiServer, startRealApiServer } from '../support/real-api-server.ts'
import type { RealApiServer } from '../support/real-api-server.ts'
import { canaryChoices } from './canary.ts'
import { closing } from './closing.ts'
import { events } from './events.ts'
import { lastGood } from './last-good.ts'
import { manifestsOnServer } from './manifests.ts'
import { reading } from './reading.ts'
import { replacedWatches } from './replaced-watches.ts'
import { sameAnswers } from './same-answers.ts'
import { starting } from './starting.ts'
import { turns } from './turns.ts'

describe.runIf(hasApiServer)('on a real API server', () => {
  let started: Promise<RealApiServer> | undefined

  /** One for all: starting it takes longer than most of what is asked of it. */
  const borrow = async (): Promise<RealApiServer> => {
    const server = await (started ??= startRealApiServer())
    return { ...server, [Symbol.asyncDispose]: async () => undefined }
  }
  afterAll(async () => {
    const server = await started
    await server?.[Symbol.asyncDispose]()
  })

  // each in a scope of its own, for its hooks
  describe('reading', () => {
    reading(borrow)
  })
  describe('starting', () => {
    starting(borrow)
  })
  describe('watches', () => {
    replacedWatches(borrow)
  })
  describe('closing', () => {
    closing(borrow)
  })
  describe('Events', () => {
    events(borrow)
  })
  describe('turns', () => {
    turns(borrow)
  })
  describe('last good', () => {
    lastGood(borrow)
  })
  describe('canaries', () => {
    canaryChoices(borrow)
  })
  describe('manifests', () => {
    manifestsOnServer(borrow)
  })
  describe('answers', () => {
    sameAnswers(borrow)
  })
})
