import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { NEST_TESTS, nestApp } from './nest-app.ts'
import { INSTALL_MS, Project } from './project.ts'

const APP = nestApp(
  { strict: true, strictPropertyInitialization: false, rootDir: '.', types: ['vitest/globals', 'node'] },
  '.js',
)

const config = (include: string): string => `
  import { defineConfig } from 'vitest/config';
  import tsconfigPaths from 'vite-tsconfig-paths';

  export default defineConfig({
    plugins: [tsconfigPaths()],
    test: { globals: true, root: './', include: ['${include}'] },
  });
`

describe('an app of NestJS 12 as `nest new` makes it', () => {
  let project: Project

  beforeAll(async () => {
    const dependencies = {
      '@nestjs/common': '^12.0.1',
      '@nestjs/core': '^12.0.1',
      '@nestjs/platform-express': '^12.0.1',
      '@nestjs/testing': '^12.0.1',
      '@types/node': '^24.0.0',
      '@types/supertest': '^7.0.0',
      'class-transformer': '^0.5.1',
      'class-validator': '^0.14.2',
      convict: '^6.2.5',
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
      supertest: '^7.0.0',
      typescript: '^6.0.2',
      'vite-tsconfig-paths': '^5.1.4',
      vitest: '^4.1.2',
    }
    project = await Project.create(dependencies, { type: 'module' })
    await project.write({
      ...APP,
      'vitest.config.ts': config('**/*.spec.ts'),
      'vitest.config.e2e.ts': config('**/*.e2e-spec.ts'),
    })
  }, INSTALL_MS)

  afterAll(() => project[Symbol.asyncDispose]())

  it('passes its unit and e2e tests with Vitest', { timeout: 120_000 }, async () => {
    const run = async (settings: string): Promise<number> => {
      const report = await project.bin('vitest', 'run', '--config', settings, '--reporter', 'json')
      const { numPassedTests, success } = JSON.parse(report) as { numPassedTests: number; success: boolean }
      return success ? numPassedTests : 0
    }
    expect((await run('vitest.config.ts')) + (await run('vitest.config.e2e.ts'))).toBe(NEST_TESTS)
  })

  it('is built by TypeScript', { timeout: 60_000 }, async () => {
    expect(await project.bin('tsc', '--noEmit', '-p', '.')).toBe('')
  })
})
