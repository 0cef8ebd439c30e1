import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { inject } from 'vitest'

const exec = promisify(execFile)

const PACKAGES = ['core', 'express', 'fastify', 'kubernetes', 'nestjs', 'openfeature', 'testing']

/** How long an installation from the registry may take, in milliseconds. */
export const INSTALL_MS = 240_000

/** A project of a user, with the packed packages installed from their tarballs. */
export class Project implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * @param dependencies other packages and their versions
   * @param manifest more for its `package.json`
   */
  static async create(dependencies: Record<string, string>, manifest: object = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'project-')))
    const own = PACKAGES.map((name) => [
      `@hot-config/${name}`,
      `file:${join(inject('tarballs'), `hot-config-${name}-0.0.0.tgz`)}`,
    ])
    await project.write({
      'package.json': JSON.stringify({
        name: 'project',
        private: true,
        ...manifest,
        dependencies: { ...dependencies, ...Object.fromEntries(own) },
      }),
    })
    await project.#run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--no-save'])
    return project
  }

  async write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.#folder, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
  }

  /**
   * Runs Node in the folder of the project.
   *
   * @returns what it writes to stdout
   * @throws Error with all that it wrote, when it fails
   */
  async node(...args: string[]): Promise<string> {
    return await this.#run(process.execPath, args)
  }

  /** Runs a program of a dependency, such as `tsc`. */
  async bin(name: string, ...args: string[]): Promise<string> {
    return await this.#run(join(this.#folder, 'node_modules/.bin', name), args)
  }

  async #run(command: string, args: string[]): Promise<string> {
    // what runs here is no test of this repository
    const { NODE_ENV: _, NODE_OPTIONS: __, VITEST: ___, ...env } = process.env
    try {
      return (await exec(command, args, { cwd: this.#folder, env })).stdout
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }
}
