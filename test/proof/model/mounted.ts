import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createConfigMapVolume } from '@hot-config/testing'
import type { ConfigMapVolume } from '@hot-config/testing'

import { textsOf } from './content.ts'
import type { Held } from './content.ts'

/** A ConfigMap on a folder, which is mounted and unmounted as a whole. */
export class Mounted implements AsyncDisposable {
  readonly path: string
  readonly #folder: string
  #volume: ConfigMapVolume | undefined
  #mounts = 0

  private constructor(folder: string) {
    this.#folder = folder
    this.path = join(folder, 'config')
  }

  static async with(held: Held): Promise<Mounted> {
    const mounted = new Mounted(await mkdtemp(join(tmpdir(), 'model-')))
    await mounted.set(held)
    return mounted
  }

  async set(held: Held): Promise<void> {
    if (held === 'gone') return this.#unmount()
    if (this.#volume) return this.#volume.update(textsOf(held))
    const beside = await createConfigMapVolume(join(this.#folder, `next ${++this.#mounts}`))
    await beside.update(textsOf(held))
    await rename(beside.path, this.path)
    this.#volume = await createConfigMapVolume(this.path)
  }

  async #unmount(): Promise<void> {
    if (this.#volume) await rename(this.path, join(this.#folder, `before ${this.#mounts}`))
    this.#volume = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }
}
