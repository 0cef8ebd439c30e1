/** What `nest new` 11 and 12 put into every project. */
const COMPILER_OPTIONS = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  resolvePackageJsonExports: true,
  esModuleInterop: true,
  isolatedModules: true,
  declaration: true,
  removeComments: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  allowSyntheticDefaultImports: true,
  target: 'ES2023',
  sourceMap: true,
  outDir: './dist',
  incremental: true,
  skipLibCheck: true,
}

const FILES = {
  'src/app.service.ts': `
    import { Injectable } from '@nestjs/common'
    import { HotConfigService } from '@hot-config/nestjs'

    @Injectable()
    export class AppService {
      constructor(private readonly config: HotConfigService<{ greeting: string }>) {}
      getHello(): string { return this.config.current.greeting }
    }
  `,
  'src/greeting.dto.ts': `
    import { MaxLength } from 'class-validator'

    export class GreetingDto {
      @MaxLength(1)
      greeting!: string
    }
  `,
  'src/app.controller.ts': `
    import { Controller, Get, Query } from '@nestjs/common'
    import { LiveConfig } from '@hot-config/nestjs'
    import { AppService } from './app.service'
    import { GreetingDto } from './greeting.dto'

    @Controller()
    export class AppController {
      constructor(private readonly appService: AppService) {}

      @Get()
      getHello(): string { return this.appService.getHello() }

      @Get('live')
      live(@LiveConfig() config: GreetingDto): GreetingDto { return config }

      @Get('query')
      query(@Query() query: GreetingDto): GreetingDto { return query }
    }
  `,
  'src/app.module.ts': `
    import { Module } from '@nestjs/common'
    import { HotConfigModule } from '@hot-config/nestjs'
    import { AppController } from './app.controller'
    import { AppService } from './app.service'

    const schema = { greeting: { format: String, default: 'Hello World!' } }

    @Module({
      imports: [HotConfigModule.forRoot({ schema, sources: 'config' })],
      controllers: [AppController],
      providers: [AppService],
    })
    export class AppModule {}
  `,
  'src/app.controller.spec.ts': `
    import { Test } from '@nestjs/testing'
    import { HotConfigModule } from '@hot-config/nestjs'
    import { createTestConfig } from '@hot-config/testing'
    import { AppController } from './app.controller'
    import { AppService } from './app.service'

    it('should return "Hello World!"', async () => {
      const config = createTestConfig({ greeting: 'Hello World!' })
      const app = await Test.createTestingModule({
        imports: [HotConfigModule.forRoot({ config })],
        controllers: [AppController],
        providers: [AppService],
      }).compile()
      expect(app.get(AppController).getHello()).toBe('Hello World!')
    })

    it('follows a configuration that has a schema', async () => {
      const schema = { greeting: { format: String, default: 'Hello World!' } }
      const config = await createTestConfig(schema, {})
      const app = await Test.createTestingModule({
        imports: [HotConfigModule.forRoot({ config })],
        controllers: [AppController],
        providers: [AppService],
      }).compile()
      await config.update({ greeting: 'Hi' })
      expect(app.get(AppController).getHello()).toBe('Hi')
      await expect(config.update({ greeting: 5 as never })).rejects.toThrow('greeting')
    })
  `,
  'test/app.e2e-spec.ts': `
    import { Test } from '@nestjs/testing'
    import { INestApplication, ValidationPipe } from '@nestjs/common'
    import request from 'supertest'
    import { App } from 'supertest/types'
    import { ConfigError } from '@hot-config/core'
    import { HotConfigService } from '@hot-config/nestjs'
    import { createTestConfig } from '@hot-config/testing'
    import { AppModule } from './../src/app.module'

    describe('AppController (e2e)', () => {
      let app: INestApplication<App>
      beforeEach(async () => {
        const moduleFixture = await Test.createTestingModule({ imports: [AppModule] }).compile()
        app = moduleFixture.createNestApplication()
        app.useGlobalPipes(new ValidationPipe({ validateCustomDecorators: true }))
        await app.init()
      })
      afterEach(() => app.close())

      it('/ (GET)', () => request(app.getHttpServer()).get('/').expect(200).expect('Hi from YAML'))
      it('/live (GET)', () => request(app.getHttpServer()).get('/live').expect(200).expect({ greeting: 'Hi from YAML' }))
      it('/query (GET)', () => request(app.getHttpServer()).get('/query?greeting=long').expect(400))
      it('/config/health (GET)', () => request(app.getHttpServer()).get('/config/health').expect(200))
      it('knows errors', () => expect(new ConfigError([])).toBeInstanceOf(ConfigError))
    })

    it('replaces the configuration of the app', async () => {
      const testing = await Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(HotConfigService)
        .useValue(new HotConfigService(createTestConfig({ greeting: 'Hi from the test' })))
        .compile()
      const app: INestApplication<App> = testing.createNestApplication()
      await app.init()
      await request(app.getHttpServer()).get('/').expect(200).expect('Hi from the test')
      await app.close()
    })
  `,
  'src/typed.ts': `
    import { configSlice, LiveConfig, OnConfigChange, resourceProvider } from '@hot-config/nestjs'
    import type { SliceType } from '@hot-config/nestjs'

    declare module '@hot-config/core' {
      interface Register {
        config: { readonly greeting: string; readonly db: { readonly host: string; readonly pool?: { readonly max: number } } }
      }
    }

    export const dbSlice = configSlice('db')
    export const hostOf = (db: SliceType<typeof dbSlice>): string => db.host
    export const ratesSlice = configSlice<{ readonly eur: number }>('rates', { name: 'billing' })
    export const eurOf = (rates: SliceType<typeof ratesSlice>): number => rates.eur
    // @ts-expect-error there is no such path
    configSlice('bd')

    export class Marked {
      @OnConfigChange('db.pool.max')
      right(): void {}

      @OnConfigChange()
      every(): void {}

      // @ts-expect-error there is no such path
      @OnConfigChange('db.poll')
      wrong(): void {}

      @OnConfigChange('rates', { name: 'billing' })
      named(): void {}

      @OnConfigChange({ name: 'billing' })
      everyNamed(): void {}

      read(
        @LiveConfig() all: unknown,
        @LiveConfig('db.host') host: string,
        @LiveConfig('rates', { name: 'billing' }) rates: unknown,
        // @ts-expect-error there is no such path
        @LiveConfig('db.hots') wrong: unknown,
      ): unknown {
        return { all, host, rates, wrong }
      }
    }

    export const pool = resourceProvider({ provide: 'POOL', select: 'db', useFactory: (db) => db.host.length })
    // @ts-expect-error there is no such path
    export const wrongPool = resourceProvider({ provide: 'POOL', select: 'bd', useFactory: () => 1 })
  `,
  'wrong/wrong.ts': `
    import '../src/typed'
    import { OnConfigChange } from '@hot-config/nestjs'

    export class Wrong {
      @OnConfigChange('db.hots')
      changed(): void {}
    }
  `,
  'config/app.yaml': 'greeting: Hi from YAML',
}

/** How many tests the app has. */
export const NEST_TESTS = 8

/**
 * The app that `nest new` makes, with our module in it.
 *
 * @param compilerOptions those in which Nest 11 and 12 differ
 * @param extension what relative imports end in
 */
export function nestApp(compilerOptions: object, extension: '' | '.js'): Record<string, string> {
  const sources = Object.entries(FILES).map(([name, text]) => [
    name,
    text.replaceAll(/'(\.{1,2}\/.+|supertest\/types)'$/gm, `'$1${extension}'`),
  ])
  const options = { ...COMPILER_OPTIONS, ...compilerOptions }
  return {
    ...(Object.fromEntries(sources) as Record<string, string>),
    'tsconfig.json': JSON.stringify({ compilerOptions: options, exclude: ['wrong', 'dist', 'node_modules'] }),
    'tsconfig.wrong.json': JSON.stringify({ compilerOptions: { ...options, rootDir: '.' }, include: ['wrong'] }),
  }
}
