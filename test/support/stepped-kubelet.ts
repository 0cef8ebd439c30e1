import { mkdirSync, readdirSync, renameSync, rmSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

type Files = Readonly<Record<string, string>>

/** Makes the name of each update another one. */
let lastUpdate = 1_000_000_000

/**
 * Updates a volume as the kubelet does, one call to the file system at each step, so that a test decides what a reader
 * meets in between.
 *
 * @param linksFirst whether the links of new keys are made before the update is published, as by kubelets before 1.31
 */
export function* kubeletSteps(folder: string, updates: Iterable<Files>, linksFirst: boolean): Generator<void> {
  mkdirSync(folder, { recursive: true })
  const links = new Set(readdirSync(folder).filter((name) => !name.startsWith('..')))
  // what an update that was interrupted left behind
  rmSync(join(folder, '..data_tmp'), { force: true })
  let old = readdirSync(folder).find((name) => name.startsWith('..2'))
  for (const files of updates) {
    const target = `..2026_11_26_02_00_00.${++lastUpdate}`
    mkdirSync(join(folder, target))
    yield
    for (const [key, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, target, key)), { recursive: true })
      yield
      writeFileSync(join(folder, target, key), text)
      yield
    }
    const names = new Set(Object.keys(files).map((key) => key.replace(/\/.*/, '')))
    const link = function* (): Generator<void> {
      for (const name of names) {
        if (links.has(name)) continue
        symlinkSync(join('..data', name), join(folder, name))
        links.add(name)
        yield
      }
    }
    if (linksFirst) yield* link()
    symlinkSync(target, join(folder, '..data_tmp'))
    yield
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    yield
    if (!linksFirst) yield* link()
    for (const name of links) {
      if (names.has(name)) continue
      unlinkSync(join(folder, name))
      links.delete(name)
      yield
    }
    if (old !== undefined) yield* removal(join(folder, old))
    old = target
  }
}

function* removal(folder: string): Generator<void> {
  for (const found of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, found.name)
    if (found.isDirectory()) yield* removal(path)
    else rmSync(path)
    yield
  }
  rmdirSync(folder)
  yield
}

/** Updates a volume as the kubelet does, at once. */
export function updateAtOnce(folder: string, files: Files): void {
  for (const _step of kubeletSteps(folder, [files], true)) continue
}
