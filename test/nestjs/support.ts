import { Module } from '@nestjs/common'
import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { AbstractHttpAdapter } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'

/** What every HTTP test runs over. */
export const platforms: readonly [name: string, create: () => AbstractHttpAdapter][] = [
  ['platform-express', () => new ExpressAdapter()],
  ['platform-fastify', () => new FastifyAdapter()],
]

export interface Served extends AsyncDisposable {
  readonly app: INestApplication
  readonly url: string
}

/** Starts an app of this one module on a free port of 127.0.0.1. */
export async function serve(
  adapter: AbstractHttpAdapter,
  metadata: ModuleMetadata,
  prepare: (app: INestApplication) => unknown = () => undefined,
): Promise<Served> {
  const app = await NestFactory.create(moduleOf(metadata), adapter, { logger: false, abortOnError: false })
  await prepare(app)
  await app.listen(0, '127.0.0.1')
  return { app, url: await app.getUrl(), [Symbol.asyncDispose]: () => app.close() }
}

export interface Started extends AsyncDisposable {
  readonly app: Awaited<ReturnType<typeof NestFactory.createApplicationContext>>
}

/** Starts an app without HTTP. */
export async function start(metadata: ModuleMetadata): Promise<Started> {
  const app = await NestFactory.createApplicationContext(moduleOf(metadata), { logger: false, abortOnError: false })
  return { app, [Symbol.asyncDispose]: () => app.close() }
}

/** The class that `@Module` decorates. */
export function moduleOf(metadata: ModuleMetadata): Type {
  @Module(metadata)
  class Made {}
  return Made
}

export async function json(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init)
  return response.json()
}
