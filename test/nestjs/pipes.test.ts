import { HotConfigModule, LiveConfig } from '@hot-config/nestjs'
import { createTestConfig } from '@hot-config/testing'
import { Controller, Get, Query, ValidationPipe } from '@nestjs/common'
import type { PipeTransform, Type } from '@nestjs/common'
import { IsInt, Max } from 'class-validator'
import { createZodDto, ZodValidationPipe } from 'nestjs-zod'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { json, platforms, serve } from './support.ts'

class Dto {
  @IsInt()
  @Max(10)
  readonly port!: number
}

class ZodDto extends createZodDto(z.object({ port: z.number().max(10) })) {}

/** A handler with the metadata that TypeScript and SWC emit, which they do before parameters are decorated. */
function controllerOf(dto: Type, decorateParameter: ParameterDecorator): Type {
  class Root {
    find(value: unknown): unknown {
      return value
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Root.prototype, 'find') as PropertyDescriptor
  Reflect.defineMetadata('design:paramtypes', [dto], Root.prototype, 'find')
  decorateParameter(Root.prototype, 'find', 0)
  Get()(Root.prototype, 'find', descriptor)
  Controller()(Root)
  return Root
}

const PIPES: [name: string, pipe: () => PipeTransform, dto: Type][] = [
  ['a ValidationPipe', () => new ValidationPipe(), Dto],
  [
    'a ValidationPipe that validates custom decorators',
    () => new ValidationPipe({ validateCustomDecorators: true, whitelist: true, forbidNonWhitelisted: true }),
    Dto,
  ],
  [
    'a ValidationPipe that transforms, and validates custom decorators',
    () => new ValidationPipe({ validateCustomDecorators: true, transform: true, forbidUnknownValues: true }),
    Dto,
  ],
  ["nestjs-zod's pipe", () => new ZodValidationPipe(), ZodDto],
]

describe.each(platforms)('@LiveConfig on %s', (_name, createAdapter) => {
  it.each(PIPES)('passes what the schema validated under %s, which validates everything else', async (_, pipe, dto) => {
    const imports = [HotConfigModule.forRoot({ config: createTestConfig({ port: 8080 }) })]
    const ask = async (decorator: ParameterDecorator): Promise<unknown> => {
      const root = { imports, controllers: [controllerOf(dto, decorator)] }
      await using served = await serve(createAdapter(), root, (app) => app.useGlobalPipes(pipe()))
      return await json(`${served.url}?port=8080`)
    }
    expect(await ask(LiveConfig())).toEqual({ port: 8080 })
    expect(await ask(Query())).toMatchObject({ statusCode: 400 })
  })
})
