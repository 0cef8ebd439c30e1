import { readFileSync, readdirSync } from 'node:fs'

/** How many inotify watches this process holds, as the kernel counts them. */
export function inotifyWatches(): number {
  return readdirSync('/proc/self/fdinfo')
    .map((fd) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/^inotify wd:/gm)?.length ?? 0
      } catch {
        // closed meanwhile
        return 0
      }
    })
    .reduce((sum, count) => sum + count, 0)
}
