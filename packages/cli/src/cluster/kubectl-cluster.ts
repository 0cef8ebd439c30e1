import { execFile, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { UsageError } from '../usage-error.js'
import type { Answer, Cluster } from './cluster.js'
import { sendRequest } from './send-request.js'

/** How long the start and the first answer may take, in milliseconds: somebody may have to log in for it. */
const LOGIN_TIMEOUT_MS = 120_000
/** How much of what the proxy writes to its standard error is kept, in characters. */
const ERRORS_LENGTH = 2_000
/** A line of kubectl itself. Others are of a program that authenticates, such as what to do to log in. */
const OF_KUBECTL = /^(?:[IWEF]\d{4} |error: )/

/**
 * Ends the proxy with this process, even when SIGKILL ends it: standard input is closed then. Its first argument is the
 * folder of the socket, which it removes. It prints nothing itself, because nobody may be there to read it.
 */
const ENDING_WITH_STDIN = [
  'exec 3<&0; folder=$1; shift; "$@" & pid=$!; exec 2>/dev/null >&2',
  '(read _ <&3; kill $pid) & wait $pid; code=$?',
  'rm -rf "$folder"; exit $code',
].join('; ')

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
  // In a group of its own, so that Ctrl-C in a terminal does not end it before this process is done with it.
  const proxy = spawn('sh', ['-c', ENDING_WITH_STDIN, 'sh', folder, ...command], { stdio: 'pipe', detached: true })
  const agent = new Agent({ keepAlive: true })
  const end = (): void => {
    agent.destroy()
    proxy.stdin.end()
  }
  let errors = ''
  proxy.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-ERRORS_LENGTH)
    process.stderr.write(linesOfOthers(text))
  })
  // it may have ended before its input is closed
  proxy.stdin.on('error', () => undefined)
  try {
    await new Promise((resolve, reject) => {
      const fail = (reason: string): void => reject(new UsageError(`kubectl proxy did not start: ${reason}`))
      proxy.stdout.once('data', resolve)
      proxy.once('error', (error) => fail(error.message))
      proxy.once('exit', (code) => fail(errors.trim() || `exit code ${code}`))
      setTimeout(() => fail(`it said nothing within ${LOGIN_TIMEOUT_MS / 1000} s`), LOGIN_TIMEOUT_MS).unref()
    })
  } catch (error) {
    end()
    throw error
  }
  let hasAnswered = false
  const send = async (method: string, path: string, body?: object, signal?: AbortSignal): Promise<Answer> => {
    const limit = hasAnswered ? undefined : LOGIN_TIMEOUT_MS
    const answer = await sendRequest({ socketPath, agent, method, path, signal }, body, limit)
    hasAnswered = true
    return answer
  }
  return { namespace, get: (path, signal) => send('GET', path, undefined, signal), send, [Symbol.dispose]: end }
}

function linesOfOthers(text: string): string {
  return text
    .split('\n')
    .filter((line) => !OF_KUBECTL.test(line))
    .join('\n')
}

async function namespaceOf(flags: readonly string[]): Promise<string> {
  const args = [...flags, 'config', 'view', '--minify', '--output', 'jsonpath={..namespace}']
  try {
    return (await promisify(execFile)('kubectl', args)).stdout.trim() || 'default'
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string }
    // kubectl says `current-context must exist in order to minify`, which does not help without a kubeconfig
    const advice = '. kubectl config get-contexts lists the contexts of the kubeconfig, and --context chooses one'
    const reason = code === 'ENOENT' ? 'kubectl is not installed' : stderr.trim().replace(/^error: /, '') + advice
    throw new UsageError(`there is no access to a cluster: ${reason}`)
  }
}
