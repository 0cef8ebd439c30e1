import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

import type { Reading, Source } from '@hot-config/core'

import { contentOf } from './content.js'
import { Observer } from './observer.js'
import type { ObserverOptions } from './observer.js'

/** A source to test, with functions that change its origin. A new one is created for every test. */
export interface SourceFixture {
  /** The source. It has something to read. */
  readonly source: Source
  /**
   * Changes the content of the source, in one step, to content that it never had before. After it resolves, reading
   * returns the new content. Needed for the capability `changes`.
   */
  readonly change?: () => Promise<void> | void
  /** Makes reading impossible, for example by removing the file or stopping the server. Needed for `vanishes`. */
  readonly takeAway?: () => Promise<void> | void
  /** Makes reading possible again, with any content. Needed for the capability `vanishes`. */
  readonly bringBack?: () => Promise<void> | void
  /** Releases everything that the fixture created. All watches are closed before. */
  readonly dispose?: () => Promise<void> | void
}

const POLL_MS = 2

/** The fixture of one test, with time limits for every wait. */
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

  /** Reads the content as text, to compare it. */
  async content(): Promise<string> {
    return contentOf(await this.read())
  }

  observe(options: ObserverOptions = {}): Observer {
    const observer = new Observer(this.source, (signal) => this.read(signal), options)
    this.#observers.push(observer)
    return observer
  }

  /** Waits for a condition, up to the time limit. */
  async until(condition: () => boolean, what: string | (() => string)): Promise<void> {
    const end = performance.now() + this.#withinMs
    while (!condition()) {
      if (performance.now() > end) throw this.#late(typeof what === 'string' ? what : what())
      await delay(POLL_MS)
    }
  }

  /** Waits for a promise, up to the time limit. */
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
