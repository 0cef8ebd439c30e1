import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { HealthReport } from '@hot-config/core'
import { vi } from 'vitest'

import { WITHIN_MS } from './eventually.ts'

/** What a reader says of itself. */
export interface ReaderReport {
  readonly current: unknown
  readonly health: HealthReport
  readonly lines: readonly { readonly level: string; readonly message: string }[]
  readonly rejections: readonly string[]
  readonly unhandled: readonly string[]
  /** How many files and inotify watches the kernel holds for it. */
  readonly held: { readonly files: number; readonly watches: number }
}

export interface Reader extends AsyncDisposable {
  readonly pid: number
  report(): Promise<ReaderReport>
  /** Waits until a report passes a check. */
  until(check: (report: ReaderReport) => void, withinMs?: number): Promise<ReaderReport>
  /** Stops or continues the process. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** Closes the configuration and waits for the end of the process. */
  close(): Promise<void>
}

interface ReaderOptions {
  /** The options of `createHotConfig`, as code that may use what core exports. */
  readonly options: string
  /** A command with arguments that runs the process, such as `unshare -m`. */
  readonly within?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const folder = fileURLToPath(new URL('..', import.meta.url))

/** Starts a process that reads a configuration, and waits until it has. */
export async function readerProcess({ options, within = [], env }: ReaderOptions): Promise<Reader> {
  const code = `import { createHotConfig, dotenv, file, volume, withCanary, withFallback } from '@hot-config/core'
    import { serveReader } from './support/reader.mjs'
    await serveReader((more) => createHotConfig({ ...more, ...(${options}) }))`
  const [command, ...args] = [...within, process.execPath, '--input-type=module', '-e', code] as const
  const { VITEST: _, NODE_OPTIONS: __, ...outer } = process.env
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...outer, ...env },
  })
  const ended = once(child, 'exit')
  await Promise.race([once(child, 'message'), ended])
  if (child.exitCode !== null || child.pid === undefined) throw new Error(`the reader ended with ${child.exitCode}`)
  const report = async (): Promise<ReaderReport> => (await ask(child, 'report')) as ReaderReport
  return {
    pid: child.pid,
    report,
    async until(check, withinMs = WITHIN_MS) {
      return vi.waitFor(
        async () => {
          const reported = await report()
          check(reported)
          return reported
        },
        { timeout: withinMs, interval: 20 },
      )
    },
    signal: (name) => void child.kill(name),
    async close() {
      await ask(child, 'close')
      child.disconnect()
      await ended
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

let lastId = 0

async function ask(child: ChildProcess, what: string): Promise<unknown> {
  const id = ++lastId
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the reader ended with ${code}`))
    const onMessage = (message: object): void => {
      if ('crashed' in message) reject(new Error(`the reader crashed: ${String(message.crashed)}`))
      if (!('id' in message) || message.id !== id) return
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve((message as { readonly answer?: unknown }).answer)
    }
    child.on('message', onMessage)
    child.once('exit', onExit)
    child.send({ id, ask: what })
  })
}
