import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

import type { Reading, Source } from '@hot-config/core'

import { contentOf } from './content.js'
import { Observer } from './observer.js'
import type { ObserverOptions } from './observer.js'

/** A source to be tested, and the hands on what is behind it. Made anew for every test. */
export interface SourceFixture {
  /** The source. It has something to read. */
  readonly source: Source
  /**
   * Gives what is behind the source content that it never held before, in one step. When it resolves, reading gives
   * the new content. Needed for the capability `changes`.
   */
  readonly change?: () => Promise<void> | void
  /** Makes reading impossible: removes the file, stops the server. Needed for the capability `vanishes`. */
  readonly takeAway?: () => Promise<void> | void
  /** Undoes `takeAway`, with any content. Needed for the capability `vanishes`. */
  readonly bringBack?: () => Promise<void> | void
  /** Releases everything that the fixture holds. Watches are closed by then. */
  readonly dispose?: () => Promise<void> | void
}

const POLL_MS = 2

/** A fixture at work in one test, with the bounds that no test may exceed. */
export class Subject {
  readonly source: Source
  readonly #fixture: SourceFixture
  readonly #withinMs: number
  readonly #observers: Observer[] = []

  constructor(fixture: SourceFixture, withinMs: number) {
    this.source = fixture.source
    this.#fixture = fixture
    this.#withinMs = withinMs
  }

  async change(): Promise<void> {
    assert(this.#fixture.change, 'the fixture has no change(): give it one, or the capability `changes: false`')
    await this.#fixture.change()
  }

  async takeAway(): Promise<void> {
    assert(this.#fixture.takeAway, 'the fixture has no takeAway(): give it one, or the capability `vanishes: false`')
    await this.#fixture.takeAway()
  }

  async bringBack(): Promise<void> {
    assert(this.#fixture.bringBack, 'the fixture has no bringBack(): give it one, or the capability `vanishes: false`')
    await this.#fixture.bringBack()
  }

  /** Reads, and fails when that takes too long. */
  async read(signal: AbortSignal = new AbortController().signal): Promise<Reading> {
    return this.soon(this.source.read(signal), 'read() settles')
  }

  /** What reading gives, in a form that can be compared. */
  async content(): Promise<string> {
    return contentOf(await this.read())
  }

  observe(options: ObserverOptions = {}): Observer {
    const observer = new Observer(this.source, (signal) => this.read(signal), options)
    this.#observers.push(observer)
    return observer
  }

  /** Waits for a condition, no longer than is allowed. */
  async until(condition: () => boolean, what: string | (() => string)): Promise<void> {
    const end = performance.now() + this.#withinMs
    while (!condition()) {
      if (performance.now() > end) throw this.#late(typeof what === 'string' ? what : what())
      await delay(POLL_MS)
    }
  }

  /** Waits for a promise, no longer than is allowed. */
  async soon<R>(promise: Promise<R>, what: string): Promise<R> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(this.#late(what))
      }, this.#withinMs)
    })
    return Promise.race([promise, late]).finally(() => {
      clearTimeout(timer)
    })
  }

  async dispose(): Promise<void> {
    for (const observer of this.#observers.splice(0)) observer.close()
    await this.#fixture.dispose?.()
  }

  #late(what: string): Error {
    return new assert.AssertionError({ message: `waited ${this.#withinMs} ms in vain until ${what}` })
  }
}
