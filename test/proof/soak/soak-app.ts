import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { HealthReport } from '@hot-config/core'

import { gate } from '../../support/gate.ts'

export const FRAMEWORKS = ['fastify', 'express', 'nest'] as const
export type Framework = (typeof FRAMEWORKS)[number]

/** What is measured of an app at one moment, after its garbage was collected. */
export interface Measured {
  readonly heapUsed: number
  readonly rss: number
  readonly fds: number
  /** What keeps its event loop alive, by `process.getActiveResourcesInfo()`. */
  readonly handles: number
  /** The 99th percentile of the delay of the event loop since the last measurement. */
  readonly delayMs: number
  readonly longestMs: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
}

/** What an app serves and reports. */
export interface AppState {
  readonly count: number
  readonly api: number
  readonly secret: number
  readonly fails: boolean
  readonly health: HealthReport
}

interface Answers {
  readonly measure: Measured
  readonly state: AppState
}

const EXIT_MS = 10_000

/** An app in a process of its own, which runs the built packages. */
export class SoakApp implements AsyncDisposable {
  readonly framework: Framework
  readonly port: number
  /** Warnings of Node and unhandled rejections. There must be none. */
  readonly problems: string[] = []
  readonly #process: ChildProcess
  #last: Promise<unknown> = Promise.resolve()

  private constructor(framework: Framework, child: ChildProcess, port: number) {
    this.framework = framework
    this.port = port
    this.#process = child
    // whoever waits for an answer learns of the end of the process
    child.on('error', () => undefined)
    child.on('message', (message: { problem?: string }) => {
      if (message.problem !== undefined) this.problems.push(message.problem)
    })
  }

  static async start(framework: Framework, settings: object): Promise<SoakApp> {
    const file = fileURLToPath(new URL('app.mjs', import.meta.url))
    const { VITEST: _, NODE_ENV: __, NODE_OPTIONS: ___, ...env } = process.env
    const child = fork(file, [JSON.stringify({ framework, ...settings })], { execArgv: ['--expose-gc'], env })
    const { port } = await nextMessage<{ port: number }>(child)
    return new SoakApp(framework, child, port)
  }

  /** Asks one question after the other. @throws {Error} when the process ends instead of answering */
  async ask<Q extends keyof Answers>(question: Q): Promise<Answers[Q]> {
    const before = this.#last
    const { passed, open } = gate()
    this.#last = passed
    await before
    try {
      const answered = nextMessage<Answers[Q]>(this.#process)
      this.#process.send(question)
      return await answered
    } finally {
      open()
    }
  }

  /** Has it close, after which nothing may keep the process alive. @throws {Error} when it goes on or fails */
  async close(): Promise<void> {
    const exited = once(this.#process, 'exit', { signal: AbortSignal.timeout(EXIT_MS) })
    this.#process.send('close')
    const [code] = (await exited.catch(() => {
      throw new Error(`${this.framework}: the process did not end by itself within ${EXIT_MS} ms of its close`)
    })) as [number | null]
    if (code !== 0) throw new Error(`${this.framework}: the process ended with ${code}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => {
      stop()
      reject(new Error(`an app ended with ${code}`))
    }
    const came = (message: object): void => {
      if ('problem' in message) return
      stop()
      resolve(message as Message)
    }
    const stop = (): void => void child.off('exit', ended).off('message', came)
    child.on('exit', ended).on('message', came)
  })
}
