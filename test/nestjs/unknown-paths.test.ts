import { createHotConfig, values } from '@hot-config/core'
import { configSlice, HotConfigModule, LiveConfig, OnConfigChange } from '@hot-config/nestjs'
import { Controller, Get, Injectable } from '@nestjs/common'
import { LazyModuleLoader } from '@nestjs/core'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { recordingLogger } from '../support/recording-logger.ts'
import type { Line } from '../support/recording-logger.ts'
import { moduleOf, platforms, serve } from './support.ts'

const schema = z.object({ log: z.object({ level: z.string(), file: z.string().optional() }) })

@Injectable()
class Marked {
  @OnConfigChange('log.level')
  @OnConfigChange('log.file')
  @OnConfigChange('log.levle')
  changed(): void {}

  @OnConfigChange()
  anyChange(): void {}
}

@Injectable()
class Late {
  @OnConfigChange('lgo')
  changed(): void {}
}

@Controller()
class Root {
  @Get()
  find(
    @LiveConfig('log.level') level: string,
    @LiveConfig() _all: unknown,
    @LiveConfig('typo') _typo: unknown,
  ): string {
    return level
  }

  @Get('again')
  again(@LiveConfig('typo') typo: string): string {
    return typo
  }
}

it.each(platforms)(
  'paths of decorators that nobody knows are a warning at the start on %s',
  async (_, createAdapter) => {
    const logger = recordingLogger()
    const source = values({ log: { level: 'info' } })
    await using config = await createHotConfig({ schema, sources: source, logger })
    await using served = await serve(createAdapter(), {
      imports: [HotConfigModule.forRoot({ config }), HotConfigModule.forFeature(configSlice('logs'))],
      controllers: [Root],
      providers: [Marked],
    })
    const unknown = (): Line[] => logger.lines.filter(({ message }) => message.startsWith('the program names paths'))
    const start = 'the program names paths that neither the schema nor the configuration has: '
    const texts = unknown().map((line) => line.message.slice(start.length))
    expect(texts.sort()).toEqual([
      '@LiveConfig "typo"',
      '@OnConfigChange "log.levle", did you mean "log.level"?',
      'configSlice "logs", did you mean "log"?',
    ])
    await served.app.get(LazyModuleLoader).load(() => moduleOf({ providers: [Late] }))
    expect(unknown().length).toBe(3)
  },
)
