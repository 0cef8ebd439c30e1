import { setImmediate, setTimeout } from 'node:timers/promises'

import { requestConfig } from '@hot-config/core'
import { createConfigMapVolume } from '@hot-config/testing'
import { expect } from 'vitest'
import { z } from 'zod'

import { eventually } from '../support/eventually.ts'
import type { AdapterHarness, AppUnderTest, ContractConfig, Handler, RunningApp } from './harness.ts'

export const HEALTH = '/config/health'

export const schema = z.object({
  text: z.string(),
  echo: z.string(),
  limits: z.object({ rate: z.coerce.number().positive() }),
})

/** The keys of a ConfigMap, spread over files so that a torn reading shows. */
export function keys(text: string, rate: string | number = 10): Record<string, string> {
  return { 'app.yaml': `text: ${text}`, 'more.json': JSON.stringify({ echo: text }), 'limits.rate': `${rate}\n` }
}

export function value(text: string): ContractConfig {
  return { text, echo: text, limits: { rate: 10 } }
}

export interface Served extends RunningApp, AsyncDisposable {}

export interface ServedVolume extends Served {
  update(files: Readonly<Record<string, string>>): Promise<void>
  /** Publishes a good update and waits until it serves. */
  updateTo(text: string): Promise<void>
}

/** The report as a client must get it. */
export function reportOf({ config }: RunningApp): unknown {
  return JSON.parse(JSON.stringify(config.health()))
}

/** Code that knows nothing of a request, several kinds of waiting away from it. */
export async function farAway(): Promise<ContractConfig> {
  await setTimeout(1)
  await setImmediate()
  await new Promise<void>((resolve) => process.nextTick(resolve))
  return requestConfig() as unknown as ContractConfig
}

/** An app with an adapter in it. Without a handler it answers with the configuration. */
export async function serve(
  { start }: AdapterHarness,
  app: Partial<AppUnderTest> & Pick<AppUnderTest, 'options'>,
): Promise<Served> {
  const { url, config, close } = await start({ handler: (request) => request.config, ...app })
  let closed: Promise<void> | undefined
  const closeOnce = (): Promise<void> => (closed ??= close())
  return { url, config, close: closeOnce, [Symbol.asyncDispose]: closeOnce }
}

/** The same on a ConfigMap volume. */
export async function serveVolume(
  harness: AdapterHarness,
  handler?: Handler,
  more: AppUnderTest['options'] = {},
): Promise<ServedVolume> {
  const volume = await createConfigMapVolume()
  await volume.update(keys('one'))
  const options = { schema, sources: volume.path, logger: false, ...more } as const
  const app = await serve(harness, handler ? { options, handler } : { options })
  return {
    ...app,
    update: (files) => volume.update(files),
    async updateTo(text) {
      await volume.update(keys(text))
      await eventually(() => expect(app.config.current.text).toBe(text))
    },
    async [Symbol.asyncDispose]() {
      await app.close()
      await volume.remove()
    },
  }
}
