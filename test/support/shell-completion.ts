import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How each shell prints what it offers for the end of a line, one word a line. */
const COMPLETERS = {
  bash: (script: string, line: string): string => {
    const words = line.split(' ').slice(1)
    const listed = words.map((word) => `'${word}'`).join(' ')
    const run = `source '${script}'; COMP_WORDS=(hot-config ${listed}); COMP_CWORD=${words.length}; _hot_config`
    return execFileSync('bash', ['-c', `${run}; printf '%s\n' "\${COMPREPLY[@]}"`], { encoding: 'utf8' })
  },
  fish: (script: string, line: string): string => {
    const offered = execFileSync('fish', ['--no-config', '-c', `source '${script}'; complete -C '${line}'`])
    return offered.toString().replaceAll(/\t.*$/gm, '')
  },
} as const

type CompletingShell = keyof typeof COMPLETERS

/** Whether a shell is installed. */
export function hasShell(shell: CompletingShell): boolean {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What a shell offers for the end of a line, in the order of the alphabet. */
export function offersOf(shell: CompletingShell, completion: string, line: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'completion-'))
  try {
    const script = join(folder, 'completion')
    writeFileSync(script, completion)
    return COMPLETERS[shell](script, line).split('\n').filter(Boolean).toSorted()
  } finally {
    rmSync(folder, { recursive: true })
  }
}
