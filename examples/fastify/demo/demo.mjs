// Shows the main feature: a service under load while its ConfigMap is changed, broken and corrected.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { createConfigMapVolume } from '@hot-config/testing'
import { load } from 'js-yaml'

import { PHASE_MS, check, color, perform, say, until } from './stage.mjs'

const { values: flags } = parseArgs({ options: { keep: { type: 'boolean', default: false } } })
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const now = () => performance.timeOrigin + performance.now()

const step = (title) => say(`\n${color('bold', title)}`)
const volume = await createConfigMapVolume()
const started = []
await perform(show, async () => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill()
  await volume.remove()
})

async function show() {
  say(`${color('bold', 'hot-config')}: a Fastify service follows its ConfigMap, without a restart`)

  step('1. examples/fastify/configmap.yaml is mounted, the service starts, the load begins')
  let manifest = await readFile(here('../configmap.yaml'), 'utf8')
  await volume.update(load(manifest).data)
  const server = startServer()
  const { address, rejections } = await server.listening
  const health = async () => (await fetch(`${address}/config/health`)).json()
  const traffic = startLoad(`${address}/hello/Ada`)
  await traffic.sees(1)
  check(true, `requests see release 1: ${color('cyan', traffic.textOf(1))}`)
  showHealth(await health())
  await delay(PHASE_MS)

  step('2. The ConfigMap is edited: another greeting, and shouting')
  manifest = edit(manifest, [
    ['text: Hello', 'text: Good morning'],
    [/(GREETER_SHOUT: .)false/, '$1true'],
    [/release("?): 1/g, 'release$1: 2'],
  ])
  const changedAfter = await apply(manifest, 2, traffic)
  check(true, `requests see release 2: ${color('cyan', traffic.textOf(2))}`)
  say(`    from the kubelet's write to the first answer: ${changedAfter.toFixed(1)} ms`)
  await delay(PHASE_MS)

  step('3. An edit breaks it: a limit that is not a number')
  const broken = edit(manifest, [
    ['"maxNameLength": 40', '"maxNameLength": "plenty"'],
    [/release("?): 2/g, 'release$1: 3'],
  ])
  await volume.update(load(broken).data)
  const warned = await until('health to warn', async () => {
    const report = await health()
    return report.status === 'warn' && report
  })
  showHealth(warned)
  check(warned.version === 2, 'the last good configuration, version 2, stays in use')
  check(warned.lastRejection.issues[0]?.path === 'limits.maxNameLength', 'the report names file, line and path')
  // the log line arrives through stdout, so it can be later than the report
  await until('a line in the log', async () => rejections.length > 0)
  check(rejections.length === 1, 'one line in the log says the same')
  await delay(PHASE_MS)

  step('4. It is corrected')
  manifest = edit(broken, [
    ['"plenty"', '60'],
    [/release("?): 3/g, 'release$1: 4'],
  ])
  const correctedAfter = await apply(manifest, 4, traffic)
  const corrected = await health()
  showHealth(corrected)
  check(corrected.status === 'pass', 'healthy again, without a restart')
  say(`    from the kubelet's write to the first answer: ${correctedAfter.toFixed(1)} ms`)
  await delay(PHASE_MS)

  step('What the requests saw')
  const report = await traffic.stop()
  const most = Math.max(...report.releases.map(({ requests }) => requests))
  for (const { release, text, requests } of report.releases) {
    const bar = '█'.repeat(Math.max(1, Math.round((requests / most) * 30)))
    say(`  release ${release}  ${text.padEnd(20)} ${color('cyan', bar)} ${requests}`)
  }
  check(report.failed === 0, `${report.requests} requests, ${report.failed} failed`)
  check(report.torn === 0, `${report.torn} saw half of an update`)
  check(!report.releases.some(({ release }) => release === 3), 'none saw the broken release 3')
  say(`  slowest answer: ${report.slowestMs.toFixed(1)} ms`)

  if (flags.keep) {
    say(`\nThe service keeps running at ${address}. Its volume is ${volume.path}. Ctrl-C ends both.`)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  }
  server.process.kill('SIGTERM')
  const [code] = await once(server.process, 'exit')
  check(code === 0, 'the service ended by itself when asked to')
}

function startServer() {
  const child = spawn(process.execPath, [here('../server.mjs')], {
    env: { ...process.env, HOT_CONFIG_PATH: volume.path, PORT: '0', GREETER_SHOUT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  const rejections = []
  const listening = new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg = '' } = JSON.parse(line)
      if (msg.startsWith('update rejected')) rejections.push(msg)
      const address = /http:\/\/\S+/.exec(msg)?.[0]
      if (address) resolve({ address, rejections })
    })
  })
  return { process: child, listening }
}

function startLoad(url) {
  const child = fork(here('load.mjs'), [url])
  started.push(child)
  const seen = new Map()
  let report
  child.on('message', (message) => {
    if (message.done) report = message
    else seen.set(message.release, message)
  })
  return {
    sees: (release) => until(`release ${release}`, () => seen.get(release)),
    textOf: (release) => seen.get(release).text,
    stop: () => {
      child.send('stop')
      return until('the load to end', () => report)
    },
  }
}

/** Publishes a manifest. Returns the milliseconds from then, with the write, to the first answer that shows it. */
async function apply(manifest, release, traffic) {
  const before = now()
  await volume.update(load(manifest).data)
  const { firstAt } = await traffic.sees(release)
  return firstAt - before
}

function edit(manifest, changes) {
  return changes.reduce((text, [from, to]) => text.replace(from, to), manifest)
}

function showHealth({ status, version, lastRejection }) {
  const paint = { pass: 'green', warn: 'yellow', fail: 'red' }[status]
  say(`  GET /config/health: ${color(paint, status)}, version ${version}`)
  if (lastRejection) say(`    ${lastRejection.message}`)
}
