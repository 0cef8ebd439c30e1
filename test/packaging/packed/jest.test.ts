import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { INSTALL_MS, Project } from './project.ts'

/** The app that `nest new` 11 makes, with our module in it. */
const APP = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
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
      baseUrl: './',
      incremental: true,
      skipLibCheck: true,
      strictNullChecks: true,
      forceConsistentCasingInFileNames: true,
      noImplicitAny: false,
    },
  }),
  'src/app.service.ts': `
    import { Injectable } from '@nestjs/common'
    import { HotConfigService } from '@hot-config/nestjs'

    @Injectable()
    export class AppService {
      constructor(private readonly config: HotConfigService<{ greeting: string }>) {}
      getHello(): string { return this.config.current.greeting }
    }
  `,
  'src/app.controller.ts': `
    import { Controller, Get } from '@nestjs/common'
    import { AppService } from './app.service'

    @Controller()
    export class AppController {
      constructor(private readonly appService: AppService) {}
      @Get()
      getHello(): string { return this.appService.getHello() }
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
    import { INestApplication } from '@nestjs/common'
    import request from 'supertest'
    import { App } from 'supertest/types'
    import { ConfigError } from '@hot-config/core'
    import { AppModule } from './../src/app.module'

    describe('AppController (e2e)', () => {
      let app: INestApplication<App>
      beforeEach(async () => {
        const moduleFixture = await Test.createTestingModule({ imports: [AppModule] }).compile()
        app = moduleFixture.createNestApplication()
        await app.init()
      })
      afterEach(() => app.close())

      it('/ (GET)', () => request(app.getHttpServer()).get('/').expect(200).expect('Hi from YAML'))
      it('/config/health (GET)', () => request(app.getHttpServer()).get('/config/health').expect(200))
      it('knows errors', () => expect(new ConfigError([])).toBeInstanceOf(ConfigError))
    })
  `,
  'config/app.yaml': 'greeting: Hi from YAML',
  'swc.json': JSON.stringify({
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  }),
}

const JEST = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  testRegex: '(\\.spec|e2e-spec)\\.ts$',
  testEnvironment: 'node',
}

describe('an app of NestJS 11 as `nest new` makes it', () => {
  let project: Project

  beforeAll(async () => {
    project = await Project.create({
      '@nestjs/common': '^11.0.1',
      '@nestjs/core': '^11.0.1',
      '@nestjs/platform-express': '^11.0.1',
      '@nestjs/testing': '^11.0.1',
      '@swc/core': '^1.10.7',
      '@swc/jest': '^0.2.39',
      '@types/jest': '^30.0.0',
      '@types/node': '^22.10.7',
      '@types/supertest': '^6.0.2',
      convict: '^6.2.5',
      jest: '^30.0.0',
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
      supertest: '^7.0.0',
      'ts-jest': '^29.2.5',
      typescript: '^5.7.3',
    })
    await project.write({
      ...APP,
      'ts-jest.json': JSON.stringify({ ...JEST, transform: { '^.+\\.(t|j)s$': 'ts-jest' } }),
      'swc-jest.json': JSON.stringify({
        ...JEST,
        transform: { '^.+\\.(t|j)s$': ['@swc/jest', JSON.parse(APP['swc.json']) as unknown] },
      }),
    })
  }, INSTALL_MS)

  afterAll(() => project[Symbol.asyncDispose]())

  it.each(['ts-jest', 'swc-jest'])('passes its unit and e2e tests with %s', { timeout: 120_000 }, async (settings) => {
    const report = await project.bin('jest', '--config', `${settings}.json`, '--json', '--runInBand')
    expect(JSON.parse(report)).toMatchObject({ numPassedTests: 5, numFailedTests: 0, numFailedTestSuites: 0 })
  })

  it('is built by TypeScript', { timeout: 60_000 }, async () => {
    expect(await project.bin('tsc', '--noEmit', '-p', '.')).toBe('')
  })
})
