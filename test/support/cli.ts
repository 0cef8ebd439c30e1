import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The command line, as it is built. */
export const CLI: string = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url))

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface CliSettings {
  readonly cwd?: string
  /** Standard input. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Whether it is in a group of processes of its own, as a terminal starts it. */
  readonly isGroup?: boolean
}

/** A command that runs. */
export interface RunningCli {
  readonly child: ChildProcess
  /** What it has printed so far. */
  output(): string
  readonly result: Promise<CliResult>
}

/** Starts the command line in a process. */
function startCli(args: readonly string[], { cwd, input, env = {}, isGroup = false }: CliSettings = {}): RunningCli {
  const { FORCE_COLOR: _, NO_COLOR: __, NODE_OPTIONS: ___, ...own } = process.env
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...own, ...env },
    stdio: 'pipe',
    detached: isGroup,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // a command that does not read its input may end before all of it is written
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const result = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, output: () => stdout + stderr, result }
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], settings?: CliSettings): Promise<CliResult> {
  return startCli(args, settings).result
}

/** A folder with files for a command. */
export class CliFolder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create(files: Readonly<Record<string, string>> = {}): Promise<CliFolder> {
    const folder = new CliFolder(await mkdtemp(join(tmpdir(), 'cli-')))
    await folder.write(files)
    return folder
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.path, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
  }

  /** Runs the command line in the folder. */
  run(args: readonly string[], settings: Omit<CliSettings, 'cwd'> = {}): Promise<CliResult> {
    return runCli(args, { ...settings, cwd: this.path })
  }

  /** Starts the command line in the folder. */
  start(args: readonly string[], settings: Omit<CliSettings, 'cwd'> = {}): RunningCli {
    return startCli(args, { ...settings, cwd: this.path })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** The manifest of a ConfigMap, with each key as a block of text. */
export function configMapManifest(name: string, data: Readonly<Record<string, string>>): string {
  const keys = Object.entries(data).map(([key, text]) => {
    const lines = text.trimEnd().split('\n')
    return `  ${key}: |\n${lines.map((line) => `    ${line}`).join('\n')}\n`
  })
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n${keys.join('')}`
}
