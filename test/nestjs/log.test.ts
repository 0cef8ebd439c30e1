import { HotConfigModule } from '@hot-config/nestjs'
import { createConfigMapVolume } from '@hot-config/testing'
import { ConsoleLogger, Logger } from '@nestjs/common'
import type { LoggerService } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'

import { eventually } from '../support/eventually.ts'
import { moduleOf } from './support.ts'

const ISSUES = [expect.objectContaining({ path: 'port', source: expect.stringContaining('volume:') as unknown })]

afterEach(() => {
  vi.restoreAllMocks()
  Logger.overrideLogger(false)
})

/** Makes an app log a rejection to this logger, and waits until it did. */
async function logRejection(logger: LoggerService, isLogged: () => unknown): Promise<void> {
  await using volume = await createConfigMapVolume()
  await volume.update({ 'app.yaml': 'port: 8080\n' })
  const schema = z.object({ port: z.number() })
  const root = moduleOf({ imports: [HotConfigModule.forRoot({ schema, sources: volume.path })] })
  const app = await NestFactory.createApplicationContext(root, { logger })
  await volume.update({ 'app.yaml': 'port: many\n' })
  await eventually(() => expect(isLogged()).toBeTruthy())
  await app.close()
}

/** A logger of the program that keeps what it was called with. */
class Recorder implements LoggerService {
  readonly calls: unknown[][] = []

  log(...call: unknown[]): void {
    this.calls.push(['log', ...call])
  }

  warn(...call: unknown[]): void {
    this.calls.push(['warn', ...call])
  }

  error(...call: unknown[]): void {
    this.calls.push(['error', ...call])
  }

  get rejection(): unknown[] | undefined {
    return this.calls.find(([level]) => level === 'warn')?.filter((argument) => argument !== undefined)
  }
}

describe("the details of a line in Nest's log", () => {
  it('are a part of one record of the ConsoleLogger with JSON', async () => {
    const lines: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
    const records = (): Record<string, unknown>[] =>
      lines.filter((line) => line.includes('update rejected')).map((line) => JSON.parse(line) as never)
    await logRejection(new ConsoleLogger({ json: true }), () => records().length > 0)
    vi.restoreAllMocks()
    const [{ message, params, ...record } = {}] = records()
    const text = expect.stringMatching(/^update rejected/) as unknown
    expect(record).toMatchObject({ level: 'warn', context: 'HotConfig' })
    expect(typeof message === 'string' ? { message, ...(params as object) } : message).toEqual({
      message: text,
      issues: ISSUES,
    })
  })

  it('are in the line of the ConsoleLogger with text', async () => {
    const lines: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
    const rejection = (): string | undefined => lines.find((line) => line.includes('update rejected'))
    await logRejection(new ConsoleLogger({ colors: false }), rejection)
    vi.restoreAllMocks()
    expect(rejection()).toMatch(/WARN \[HotConfig\] update rejected.* \{ issues: \[ \{ .*path: 'port'/)
  })

  it('have no fields without a value', async () => {
    const logger = new Recorder()
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'port: 1\n' })
    const root = moduleOf({ imports: [HotConfigModule.forRoot({ sources: volume.path })] })
    const app = await NestFactory.createApplicationContext(root, { logger })
    await volume.update({ 'app.yaml': 'port: 2\n' })
    const changed = (): unknown[] | undefined => logger.calls.find(([, message]) => message === 'configuration changed')
    await eventually(() => expect(changed()).toBeDefined())
    await app.close()
    expect(Object.keys(changed()?.[2] as object)).toEqual(['version', 'digest', 'changes'])
  })

  it("are an argument after the message for a logger of the program's own", async () => {
    const logger = new Recorder()
    await logRejection(logger, () => logger.rejection)
    const text = expect.stringMatching(/^update rejected/) as unknown
    expect(logger.rejection).toEqual(['warn', text, { issues: ISSUES }, 'HotConfig'])
  })

  it('are in the object that nestjs-pino merges, with the message', async () => {
    const logger = Object.assign(new Recorder(), { contextName: 'context', logger: {} })
    await logRejection(logger, () => logger.rejection)
    const msg = expect.stringMatching(/^update rejected/) as unknown
    expect(logger.rejection).toEqual(['warn', { issues: ISSUES, msg }, 'HotConfig'])
  })
})
