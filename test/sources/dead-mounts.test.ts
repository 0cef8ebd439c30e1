import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHotConfig, env, file, values } from '@hot-config/core'
import { checkMounts, mountOf, parseMountInfo } from '@hot-config/core/internal'
import { createConfigMapVolume } from '@hot-config/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { hasMountNamespaces, inMountNamespace } from '../support/mount-namespace.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const POD = '/var/lib/kubelet/pods/d05ceb29-4d8b-4c43-9eaa-d7acddc25247'
const UPDATE = '..2024_07_01_14_15_02.3624755718'

/** As a container sees it: overlay, a whole ConfigMap, one key of another and of a Secret, `/etc/hosts`. */
const POD_MOUNTS = `
2819 2418 0:261 / / rw,relatime master:562 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/PB6YO
2821 2819 0:263 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
2850 2821 253:1 ${POD}/containers/app/a053e3fe /dev/termination-log rw,relatime - ext4 /dev/vda1 rw
2851 2819 253:1 ${POD}/volumes/kubernetes.io~configmap/node-cfg /etc/configs ro,relatime - ext4 /dev/vda1 rw
2852 2819 253:1 ${POD}/volumes/kubernetes.io~configmap/conf/${UPDATE}/conf.yaml /etc/conf.yaml ro,noatime shared:29 master:3 propagate_from:2 - xfs /dev/vdb rw,attr2,inode64
2853 2819 0:262 /${UPDATE}/password /etc/password ro,relatime - tmpfs tmpfs rw
2854 2819 253:1 ${POD}/etc-hosts /etc/hosts rw,relatime - ext4 /dev/vda1 rw
2856 2819 0:262 / /run/secrets/kubernetes.io/serviceaccount ro,relatime - tmpfs tmpfs rw
`

describe('mountinfo', () => {
  it('is read whatever stands before the dash', () => {
    const mounts = parseMountInfo(POD_MOUNTS)
    expect(mounts).toHaveLength(8)
    expect(mounts[0]).toEqual({ root: '/', point: '/' })
    expect(mounts[4]).toEqual({
      root: `${POD}/volumes/kubernetes.io~configmap/conf/${UPDATE}/conf.yaml`,
      point: '/etc/conf.yaml',
    })
  })

  it.each([
    ['/etc/my\\040config', '/etc/my config'],
    ['/etc/a\\011b\\012c', '/etc/a\tb\nc'],
    ['/etc/a\\134040b', '/etc/a\\040b'],
    ['/etc/\\043a', '/etc/#a'],
    ['/etc/größe', '/etc/größe'],
    ['/etc/a-b', '/etc/a-b'],
  ])('has %s for %j', (written, point) => {
    expect(parseMountInfo(`36 35 98:0 / ${written} rw - ext3 /dev/root rw`)).toEqual([{ root: '/', point }])
  })

  it.each(['', 'nonsense', '36 35 98:0 / /mnt', '36 35 98:0 / /mnt rw,noatime master:1 ext3 /dev/root rw'])(
    'holds nothing in %j',
    (text) => {
      expect(parseMountInfo(text)).toEqual([])
    },
  )

  it.each([
    ['/etc/conf.yaml', '/etc/conf.yaml'],
    ['/etc/conf.yaml.d/a', '/'],
    ['/etc/configs', '/etc/configs'],
    [`/etc/configs/${UPDATE}/a.yaml`, '/etc/configs'],
    ['/etc/configs-of-mine/a.yaml', '/'],
    ['/etc', '/'],
    ['/', '/'],
  ])('says that %s belongs to the mount at %s', (path, point) => {
    expect(mountOf(path, parseMountInfo(POD_MOUNTS))?.point).toBe(point)
  })

  it('uses the last of several mounts at one point', () => {
    const twice = [
      { root: '/below', point: '/mnt' },
      { root: '/top', point: '/mnt' },
    ]
    expect(mountOf('/mnt/a', twice)?.root).toBe('/top')
  })
})

describe('an environment-only configuration', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('reports once that nothing can update it', async () => {
    vi.stubEnv('DEAD_A', '1')
    const logger = recordingLogger()
    await using config = await createHotConfig({ sources: env({ prefix: 'DEAD_' }), logger })
    const { status, sources } = config.health()
    expect(status).toBe('warn')
    expect(sources).toMatchObject([{ name: 'env:DEAD_*', updatable: false, watching: 'none' }])
    expect(sources[0]?.warnings).toEqual([expect.stringMatching(/never changes: mount the ConfigMap as a volume/)])
    await config.reload()
    const warnings = logger.at('warn')
    expect(warnings).toEqual([
      {
        level: 'warn',
        details: { sources: ['env:DEAD_*'] },
        message: expect.stringMatching(/^updates can't reach env:DEAD_\*: the environment of a running process never/),
      },
    ])
  })

  it('is not reported beside another source', async () => {
    const logger = recordingLogger()
    const sources = [values({ a: 1 }), env({ prefix: 'DEAD_' })]
    await using config = await createHotConfig({ sources, logger })
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ warnings: [] }, { warnings: [] }] })
    expect(logger.at('warn')).toEqual([])
  })
})

describe('a mount that is none', () => {
  it('leaves a plain file and a plain folder updatable', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plain-'))
    const path = join(folder, 'app.yaml')
    await writeFile(path, 'a: 1')
    await using config = await createHotConfig({ sources: [folder, file(path)], logger: false })
    expect(config.health()).toMatchObject({ status: 'pass', sources: [{ updatable: true }, { updatable: true }] })
    await rm(folder, { recursive: true })
  })

  it('is not reported at a path that does not exist', () => {
    expect(checkMounts('/nowhere/at/all')).toEqual({})
  })

  it('is reported as empty when the volume of an optional ConfigMap is empty', async () => {
    await using volume = await createConfigMapVolume()
    await volume.update({ 'app.yaml': 'a: 1' })
    await using config = await createHotConfig({ sources: volume.path, emptied: 'accept', logger: false })
    await volume.update({})
    await eventually(() => expect(config.current).toEqual({}))
    expect(config.health().sources).toMatchObject([
      {
        updatable: true,
        warnings: ['holds no keys: its ConfigMap or Secret is empty or gone, or keys and ignore leave all of them out'],
      },
    ])
    await volume.update({ 'app.yaml': 'a: 2' })
    await eventually(() => expect(config.current).toEqual({ a: 2 }))
    expect(config.health().sources).toMatchObject([{ updatable: true, warnings: [] }])
  })
})

describe.runIf(hasMountNamespaces)('in a mount namespace', () => {
  const ADVICE = /: mount the whole volume as a folder, without subPath, and name that folder as the source$/

  it('a key that is mounted with subPath is reported, the whole volume is not', async () => {
    const { reports, log } = await inMountNamespace(`
      await volume.update({ 'app.yaml': 'a: 1', 'other.yaml': 'b: 1' })
      await touch('/mounted/app.yaml')
      // the kubelet binds the key of this one update, and the runtime binds that once more, read-only
      await touch('/subpaths/0')
      bind(await realpath(volume.path + '/app.yaml'), '/subpaths/0')
      bind('/subpaths/0', '/mounted/app.yaml', 'ro')
      await folder('/whole')
      bind(volume.path, '/whole', 'ro')
      const config = await open([at('/mounted/app.yaml'), at('/whole')])
      report(config)
      await volume.update({ 'app.yaml': 'a: 2', 'other.yaml': 'b: 2' })
      await until(() => config.current.b === 2)
      report(config)
    `)
    for (const report of reports) {
      expect(report.status).toBe('warn')
      expect(report.sources).toMatchObject([
        { name: expect.stringMatching(/^file:.*mounted\/app.yaml$/), updatable: false },
        { name: expect.stringMatching(/^volume:.*whole$/), updatable: true, watching: 'inotify', warnings: [] },
      ])
      expect(report.sources[0]?.warnings).toEqual([expect.stringMatching(/app.yaml: mounted with subPath/)])
      expect(report.sources[0]?.warnings[0]).toMatch(ADVICE)
    }
    expect(log).toHaveLength(1)
    expect(log[0]).toMatch(/^updates can't reach file:.*: mounted with subPath/)
  })

  it.each([
    [
      'a folder of a volume mounted with subPath',
      `await volume.update({ 'more/app.yaml': 'a: 1' })
       await folder('/mounted')
       bind(await realpath(volume.path + '/more'), '/mounted', 'ro')`,
      '/mounted',
      /\/mounted: mounted with subPath/,
    ],
    [
      'a folder in which keys are mounted with subPath, a blank in its name',
      `await volume.update({ 'app.yaml': 'a: 1' })
       await touch('/my config/app.yaml')
       bind(await realpath(volume.path + '/app.yaml'), '/my config/app.yaml', 'ro')`,
      '/my config',
      /\/my config\/app.yaml: mounted with subPath/,
    ],
    [
      'a link to a key mounted with subPath',
      `await volume.update({ 'app.yaml': 'a: 1' })
       await touch('/mounted/app.yaml')
       bind(await realpath(volume.path + '/app.yaml'), '/mounted/app.yaml', 'ro')
       await link('/mounted/app.yaml', '/app.yaml')`,
      '/app.yaml',
      /app.yaml: mounted with subPath/,
    ],
    [
      'one file, bound read-only',
      `await touch('/host.yaml', 'a: 1')
       await touch('/app.yaml')
       bind('/host.yaml', '/app.yaml', 'ro')`,
      '/app.yaml',
      /app.yaml: a mount of one file, which never sees a file that replaces it/,
    ],
    [
      'one file, bound into a plain folder',
      `await touch('/host.yaml', 'a: 1')
       await touch('/plain/app.yaml')
       bind('/host.yaml', '/plain/app.yaml')`,
      '/plain',
      /plain\/app.yaml: a mount of one file/,
    ],
    [
      'a file whose ConfigMap is gone',
      `await volume.update({ 'app.yaml': 'a: 1' })
       await touch('/mounted/app.yaml')
       bind(await realpath(volume.path + '/app.yaml'), '/mounted/app.yaml', 'ro')
       await volume.remove()`,
      '/mounted/app.yaml',
      /^what .*app.yaml was mounted from is gone, so no update can come/,
    ],
  ])('reports that no update can reach %s', async (_, prepare, source, warning) => {
    const { reports, log } = await inMountNamespace(`
      ${prepare}
      const config = await open(at('${source}'))
      if (config.current.a !== 1) throw new Error('not read: ' + JSON.stringify(config.current))
      report(config)
    `)
    expect(reports).toMatchObject([{ status: 'warn', sources: [{ updatable: false, warnings: [expect.any(String)] }] }])
    expect(reports[0]?.sources[0]?.warnings[0]).toMatch(warning)
    expect(reports[0]?.sources[0]?.warnings[0]).toMatch(ADVICE)
    expect(log).toHaveLength(1)
  })

  it('a plain folder that is bound whole, and a mount beside it, are not reported', async () => {
    const { reports, log } = await inMountNamespace(`
      await touch('/host/app.yaml', 'a: 1')
      await folder('/plain')
      bind('/host', '/plain', 'ro')
      await touch('/host.yaml')
      await touch('/plain-beside/app.yaml')
      bind('/host.yaml', '/plain-beside/app.yaml')
      report(await open([at('/plain'), at('/plain/app.yaml')]))
    `)
    expect(reports).toMatchObject([{ status: 'pass', sources: [{ updatable: true }, { updatable: true }] }])
    expect(log).toEqual([])
  })
})
