import type { HotConfig, Schema } from '@hot-config/core'

import type { ContractConfig } from './app-under-test.js'

/** The keys of a ConfigMap, spread over files so that a torn reading shows. */
export function keysOf(text: string, rate: string | number = 10): Record<string, string> {
  return { 'app.yaml': `text: ${text}`, 'more.json': JSON.stringify({ echo: text }), 'limits.rate': `${rate}\n` }
}

export function valueOf(text: string): ContractConfig {
  return { text, echo: text, limits: { rate: 10 } }
}

/** The report as a client must receive it. */
export function reportOf(config: HotConfig<unknown>): unknown {
  return JSON.parse(JSON.stringify(config.health()))
}

type Issue = { readonly message: string; readonly path: readonly string[] }

/** Accepts a {@link ContractConfig} whose rate may be text, and lists every problem of something else. */
export const CONTRACT_SCHEMA: Schema = {
  '~standard': {
    version: 1,
    vendor: 'hot-config',
    validate: (input: unknown): { value: ContractConfig } | { issues: readonly Issue[] } => {
      const { text, echo, limits } = input as Record<string, unknown>
      const rate = Number((limits as { rate?: unknown } | undefined)?.rate)
      const issues: Issue[] = []
      if (typeof text !== 'string') issues.push({ message: 'expected a text', path: ['text'] })
      if (typeof echo !== 'string') issues.push({ message: 'expected a text', path: ['echo'] })
      if (!(rate > 0)) issues.push({ message: 'expected a number above 0', path: ['limits', 'rate'] })
      return issues.length > 0 ? { issues } : { value: { text: String(text), echo: String(echo), limits: { rate } } }
    },
  },
} as const
