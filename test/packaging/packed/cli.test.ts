import { join } from 'node:path'

import { expect, inject, it } from 'vitest'

import { INSTALL_MS, Project } from './project.ts'

it('the command line runs with the schema library of a project', { timeout: INSTALL_MS }, async () => {
  const cli = { 'hot-config': `file:${join(inject('tarballs'), 'hot-config-0.0.0.tgz')}` }
  await using project = await Project.create({ ...cli, zod: '^4.0.0' })
  await project.write({
    'config.ts': `import { z } from 'zod'\nexport const schema = z.object({ port: z.number() satisfies object })`,
    'good.yaml': 'kind: ConfigMap\nmetadata: { name: a }\ndata:\n  app.yaml: "port: 80"\n',
    'bad.yaml': 'kind: ConfigMap\nmetadata: { name: a }\ndata:\n  app.yaml: "port: x"\n',
  })
  const validate = (file: string): Promise<string> =>
    project.bin('hot-config', 'validate', '--schema', 'config.ts', file)
  expect(await validate('good.yaml')).toBe('1 object checked: no problems\n')
  await expect(validate('bad.yaml')).rejects.toThrow('bad.yaml:4:14 port ')
  expect(await project.bin('hot-config', '--version')).toBe('0.0.0\n')
})
