import { spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { expect } from 'vitest'

import { eventually } from './eventually.ts'
import { root } from './pages.ts'

/** A folder among the tests, where the packages are installed. */
export class ProgramFolder implements AsyncDisposable {
  readonly path: string = join(root, 'test', `.program-${process.pid}-${Math.random().toString(36).slice(2)}`)

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.path, name)), { recursive: true })
      await writeFile(join(this.path, name), text)
    }
  }

  /** Runs commands of a shell here. They end when `use` is done. */
  async run(
    commands: string,
    use: (output: Output) => Promise<void>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    // by `exec`, the last one takes the place of the shell, and ends when that is killed
    const script = commands.trim().replace(/(?<=^|\n)(.*)$/, 'exec env $1')
    const { VITEST: _, NODE_ENV: __, ...outer } = process.env
    const child = spawn('sh', ['-ec', script], { cwd: this.path, env: { ...outer, ...env } })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more))
    try {
      await use({ matching: (pattern) => eventually(() => pattern.exec(text)?.[0] ?? expect.fail(text)) })
    } finally {
      child.kill()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true })
  }
}

export interface Output {
  /** Waits until the output matches, and returns what does. */
  matching(pattern: RegExp): Promise<string>
}
