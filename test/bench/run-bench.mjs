import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const running = new Set()
process.once('exit', () => {
  for (const child of running) child.kill()
})
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

/**
 * Runs one bench in a process of its own, and says how long it took.
 *
 * @param name of the bench
 * @param node the path and version of the Node to run it on
 * @param compiled the folder of the compiled benches
 * @param isQuick whether fewer rounds will do
 * @returns its rows, or `undefined` when it failed
 */
export async function runBench(name, node, compiled, isQuick) {
  const started = performance.now()
  const child = fork(fileURLToPath(new URL('run-one.js', compiled)), [name], {
    execPath: node.path,
    execArgv: ['--expose-gc'],
    env: { ...process.env, BENCH_QUICK: isQuick ? '1' : '0' },
  })
  running.add(child)
  let rows
  child.on('message', (message) => (rows = message))
  const [code, signal] = await once(child, 'exit')
  running.delete(child)
  const seconds = Math.round((performance.now() - started) / 1_000)
  if (code === 0 && rows) console.error(`bench: ${name} on Node ${node.version}: ${seconds} s`)
  else {
    console.error(`bench: ${name} on Node ${node.version} FAILED (${signal ?? `exit code ${code}`})`)
    process.exitCode = 1
    return undefined
  }
  return rows.map((row) => ({ node: node.version, bench: name, ...row }))
}
