import { execFileSync } from 'node:child_process'
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

import type { FileLayout } from './file-layouts.ts'

/** A fault of the file system that begins and ends. */
export interface FileFault {
  readonly name: string
  readonly happensTo: (layout: FileLayout) => boolean
  /** What it does to a reader: it can't read, it learns of changes late, or it must not notice. */
  readonly effect: 'unreadable' | 'none'
  begin(target: string, aside: string): void
  /** Ends it. Without, the next content does. */
  end?(target: string, aside: string): void
}

const whole = ({ isPart }: FileLayout): boolean => !isPart
const all = (): boolean => true
const isMounted = ({ target }: FileLayout): boolean => target.endsWith('mounted')
const isFolder = ({ target }: FileLayout): boolean => target === 'plain'

const back = (target: string, aside: string): void => {
  rmSync(target, { recursive: true, force: true })
  renameSync(aside, target)
}

/** Something else at the place of the target, which is moved aside. */
function inPlace(
  name: string,
  happensTo: FileFault['happensTo'],
  put: (target: string, aside: string) => void,
): FileFault {
  return {
    name,
    happensTo,
    effect: 'unreadable',
    begin(target, aside) {
      renameSync(target, aside)
      put(target, aside)
    },
    end: back,
  }
}

/** Something in a plain folder that can't be read. */
function inFolder(name: string, put: (path: string) => void): FileFault {
  return {
    name,
    happensTo: isFolder,
    effect: 'unreadable',
    begin: (target) => put(join(target, 'stray.yaml')),
    end: (target) => rmSync(join(target, 'stray.yaml'), { recursive: true }),
  }
}

export const FILE_FAULTS: readonly FileFault[] = [
  {
    name: 'removed',
    happensTo: whole,
    effect: 'unreadable',
    begin: (target) => rmSync(target, { recursive: true }),
  },
  inPlace('moved away', whole, () => undefined),
  inPlace('a link that leads to itself', all, (target) => symlinkSync(target, target)),
  inPlace('a link that leads nowhere', whole, (target) => symlinkSync('/nowhere/at/all', target)),
  inPlace('a folder in place of a file, or a file in place of a folder', whole, (target, aside) => {
    if (lstatSync(aside).isFile()) mkdirSync(target)
    else writeFileSync(target, 'text')
  }),
  {
    name: 'replaced by a copy',
    happensTo: all,
    effect: 'none',
    begin(target, aside) {
      cpSync(target, `${aside}-copy`, { recursive: true, verbatimSymlinks: true })
      renameSync(target, aside)
      renameSync(`${aside}-copy`, target)
      rmSync(aside, { recursive: true })
    },
  },
  {
    name: 'moved away and back at once',
    happensTo: all,
    effect: 'none',
    begin(target, aside) {
      renameSync(target, aside)
      renameSync(aside, target)
    },
  },
  {
    name: 'an update that is removed while its link stays',
    happensTo: isMounted,
    // nobody reads it again
    effect: 'none',
    begin: (target) => rmSync(join(target, readlinkSync(join(target, '..data'))), { recursive: true }),
  },
  {
    name: '..data removed',
    happensTo: isMounted,
    effect: 'unreadable',
    begin: (target) => rmSync(join(target, '..data')),
  },
  {
    name: 'more changes than inotify keeps',
    happensTo: all,
    effect: 'none',
    begin(target) {
      // in a folder that is watched
      const folder = lstatSync(target).isDirectory() ? target : dirname(target)
      const [from, to] = [join(folder, '..busy'), join(folder, '..busier')]
      writeFileSync(from, '')
      for (let n = 0; n < 4_500; n++) {
        renameSync(from, to)
        renameSync(to, from)
      }
      rmSync(from)
    },
  },
  inFolder('a link out of the folder', (path) => symlinkSync('/proc/self', path)),
  inFolder('a file that is no file', (path) => execFileSync('mkfifo', [path])),
  inFolder('a link to nowhere', (path) => symlinkSync('/nowhere/at/all', path)),
  inFolder('a file that is too large', (path) => {
    writeFileSync(path, '')
    truncateSync(path, 5 * 1024 * 1024)
  }),
  inFolder('half a document', (path) => writeFileSync(path, 'n: [1,')),
  {
    name: 'a name that is not UTF-8',
    happensTo: isFolder,
    effect: 'unreadable',
    begin: (target) => writeFileSync(odd(target), 'n: 5'),
    end: (target) => rmSync(odd(target)),
  },
]

const odd = (folder: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x0a, 0xc3])])
