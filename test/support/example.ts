import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { load } from 'js-yaml'

export interface RunningExample extends AsyncDisposable {
  /** Its answer to a GET. */
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>
  /** What it has printed so far. */
  output(): string
  /** Sends SIGTERM and gives the exit code, `null` when the signal ended it. */
  stop(): Promise<number | null>
}

/**
 * Starts an example by the `start` script of its package.json, on a free port, against the built packages.
 *
 * @param name its folder in `examples`
 * @param configPath where it finds its configuration
 */
export async function startExample(name: string, configPath: string): Promise<RunningExample> {
  const cwd = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
  const { scripts } = JSON.parse(readFileSync(`${cwd}/package.json`, 'utf8')) as { scripts: { start: string } }
  const [command, ...args] = scripts.start.split(' ')
  if (command !== 'node') throw new Error(`expected a start script that runs node, found: ${scripts.start}`)
  const env = { PATH: process.env['PATH'], PORT: '0', HOT_CONFIG_PATH: configPath }
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const exited = once(child, 'exit') as Promise<[code: number | null]>
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const url = /listening (?:on|at) (http:\/\/[^\s"]+)/i.exec(output)?.[1]
        if (url !== undefined) resolve(url)
      })
    }
  })
  const failed = exited.then(([code]) => {
    throw new Error(`the example ended with ${code}: ${output}`)
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), 60_000)
  deadline.unref()
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    const [code] = await exited
    clearTimeout(deadline)
    return code
  }
  const url = await Promise.race([listening, failed])
  failed.catch(() => undefined)
  const get: RunningExample['get'] = async (path) => {
    const response = await fetch(url + path, { headers: { connection: 'close' } })
    return { status: response.status, body: await response.json() }
  }
  return { get, output: () => output, stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}

/** What the example's ConfigMap manifest holds, by key. */
export function manifestData(name: string): Record<string, string> {
  const file = new URL(`../../examples/${name}/configmap.yaml`, import.meta.url)
  return (load(readFileSync(file, 'utf8')) as { data: Record<string, string> }).data
}
