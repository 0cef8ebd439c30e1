import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { NEST_TESTS, nestApp } from './nest-app.ts'
import { INSTALL_MS, Project } from './project.ts'

const JEST = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  testRegex: '(\\.spec|e2e-spec)\\.ts$',
  testEnvironment: 'node',
}

const APP = nestApp(
  {
    baseUrl: './',
    strictNullChecks: true,
    forceConsistentCasingInFileNames: true,
    noImplicitAny: false,
  },
  '',
)

const SWC = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
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
      'class-transformer': '^0.5.1',
      'class-validator': '^0.14.2',
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
        transform: { '^.+\\.(t|j)s$': ['@swc/jest', SWC] },
      }),
    })
  }, INSTALL_MS)

  afterAll(() => project[Symbol.asyncDispose]())

  it.each(['ts-jest', 'swc-jest'])('passes its unit and e2e tests with %s', { timeout: 120_000 }, async (settings) => {
    const report = await project.bin('jest', '--config', `${settings}.json`, '--json', '--runInBand')
    expect(JSON.parse(report)).toMatchObject({ numPassedTests: NEST_TESTS, numFailedTests: 0, numFailedTestSuites: 0 })
  })

  it('is built by TypeScript', { timeout: 60_000 }, async () => {
    expect(await project.bin('tsc', '--noEmit', '-p', '.')).toBe('')
  })

  it('rejects a path that is not in the registered type, and lists those that are', { timeout: 60_000 }, async () => {
    const built = project.bin('tsc', '--noEmit', '--pretty', 'false', '-p', 'tsconfig.wrong.json')
    await expect(built).rejects.toThrow(/wrong\.ts\(6,.*"db\.hots"'.*"greeting".*"db\.host"/)
  })
})
