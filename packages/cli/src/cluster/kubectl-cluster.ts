import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { promisify } from 'node:util'

import { UsageError } from '../usage-error.js'
import type { Answer, Cluster } from './cluster.js'

const START_TIMEOUT_MS = 30_000
const REQUEST_TIMEOUT_MS = 10_000

/**
 * The API server by way of `kubectl proxy`, which knows every way to authenticate. It listens on a socket in a folder that
 * only this user can open.
 *
 * @param context one of the kubeconfig. Default: the current one
 * @throws {UsageError} when kubectl is missing, or has no access to a cluster
 */
export async function kubectlCluster(context: string | undefined): Promise<Cluster> {
  const flags = context === undefined ? [] : ['--context', context]
  const namespace = await namespaceOf(flags)
  const folder = await mkdtemp(join(tmpdir(), 'hot-config-'))
  const socketPath = join(folder, 'kubectl')
  const proxy = spawn('kubectl', [...flags, 'proxy', `--unix-socket=${socketPath}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = (): void => {
    proxy.kill()
    void rm(folder, { recursive: true, force: true })
  }
  let errors = ''
  proxy.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  try {
    await new Promise((resolve, reject) => {
      const fail = (reason: string): void => reject(new UsageError(`kubectl proxy did not start: ${reason}`))
      proxy.stdout.once('data', resolve)
      proxy.once('error', (error) => fail(error.message))
      proxy.once('exit', (code) => fail(errors.trim() || `exit code ${code}`))
      setTimeout(() => fail(`it said nothing within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS).unref()
    })
  } catch (error) {
    end()
    throw error
  }
  return { namespace, get: (path) => get(socketPath, path), [Symbol.dispose]: end }
}

async function namespaceOf(flags: readonly string[]): Promise<string> {
  const args = [...flags, 'config', 'view', '--minify', '--output', 'jsonpath={..namespace}']
  try {
    return (await promisify(execFile)('kubectl', args)).stdout.trim() || 'default'
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string }
    const reason = code === 'ENOENT' ? 'kubectl is not installed' : stderr.trim()
    throw new UsageError(`there is no access to a cluster: ${reason}`)
  }
}

function get(socketPath: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, timeout: REQUEST_TIMEOUT_MS }, (answer) => {
      textOf(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject)
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`)))
    sent.on('error', reject)
    sent.end()
  })
}
