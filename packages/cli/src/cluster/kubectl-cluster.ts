import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { promisify } from 'node:util'

import { UsageError } from '../usage-error.js'
import { contentTypeOf } from './cluster.js'
import type { Answer, Cluster } from './cluster.js'

const START_TIMEOUT_MS = 30_000
const REQUEST_TIMEOUT_MS = 10_000

/** Ends the proxy with this process, even when SIGKILL ends it: standard input is closed then. */
const ENDING_WITH_STDIN = 'exec 3<&0; "$@" & pid=$!; (read _ <&3; kill $pid 2>&-) & wait $pid'

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
  const command = ['kubectl', ...flags, 'proxy', `--unix-socket=${socketPath}`]
  const proxy = spawn('sh', ['-c', ENDING_WITH_STDIN, 'sh', ...command], { stdio: 'pipe' })
  const end = (): void => {
    proxy.stdin.end()
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
  return {
    namespace,
    get: (path) => ask(socketPath, 'GET', path),
    send: (method, path, body) => ask(socketPath, method, path, body),
    [Symbol.dispose]: end,
  }
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

function ask(socketPath: string, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body && { 'content-type': contentTypeOf(method) }
    const sent = request({ socketPath, method, path, headers, timeout: REQUEST_TIMEOUT_MS }, (answer) => {
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject)
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`)))
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}
