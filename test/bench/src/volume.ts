import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What one file of a ConfigMap may hold, in bytes: 1 MiB, but for its key. */
export const MAX_FILE_BYTES = 1024 * 1024 - 1024

/**
 * A ConfigMap volume as the kubelet makes it, whose update is the rename of a link and nothing else. What else an update
 * takes is done beforehand, or afterwards with the next one: the kubelet is another process, here it would hold up who
 * is measured.
 */
export class Volume {
  readonly path: string = mkdtempSync(join(tmpdir(), 'bench-volume-'))
  readonly #linked = new Set<string>()
  /** The folders that were published, oldest first. */
  readonly #published: string[] = []
  #made = 0
  #next: string | undefined

  /** Writes the files of the next update to a new folder and makes the link to it. */
  prepare(files: Readonly<Record<string, string>>): void {
    this.discard()
    const folder = `..${++this.#made}`
    mkdirSync(join(this.path, folder))
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(this.path, folder, name), content)
      if (this.#linked.has(name)) continue
      symlinkSync(join('..data', name), join(this.path, name))
      this.#linked.add(name)
    }
    symlinkSync(folder, join(this.path, '..data_tmp'))
    this.#next = folder
  }

  /**
   * Publishes what was prepared.
   *
   * @returns just before it could be seen, by `performance.now()`: after that others may run before this goes on
   */
  swap(): number {
    if (this.#next === undefined) throw new Error('nothing was prepared')
    this.#published.push(this.#next)
    this.#next = undefined
    const [from, to] = [join(this.path, '..data_tmp'), join(this.path, '..data')]
    const swapped = performance.now()
    renameSync(from, to)
    return swapped
  }

  /**
   * All at once, and without mercy for who still reads from the folder before, as the kubelet does.
   *
   * @returns what {@link Volume.swap} returns
   */
  update(files: Readonly<Record<string, string>>): number {
    this.prepare(files)
    const swapped = this.swap()
    this.discard()
    return swapped
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }

  /** Removes all folders but the one that is published. {@link Volume.prepare} does so too. */
  discard(): void {
    while (this.#published.length > 1) rmSync(join(this.path, this.#published.shift() ?? ''), { recursive: true })
  }
}
