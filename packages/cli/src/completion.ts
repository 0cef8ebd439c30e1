import type { Command, Option } from 'commander'

export type Shell = 'bash' | 'zsh' | 'fish'

/** A command, as completion needs it. */
interface Entry {
  readonly name: string
  readonly summary: string
  readonly options: readonly Option[]
}

/** Writes the completion of a shell from the tree of commands. */
export function completionFor(shell: Shell, program: Command): string {
  const entries = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: command.options.filter(({ hidden }) => !hidden),
  }))
  return SCRIPTS[shell](entries)
}

const SCRIPTS: Readonly<Record<Shell, (entries: readonly Entry[]) => string>> = { bash, zsh, fish }

/** The options with a value, and what may be written after them. */
function valuesOf(entries: readonly Entry[]): Map<string, readonly string[]> {
  const options = entries.flatMap((entry) => entry.options)
  return new Map(
    options.flatMap(({ long, argChoices, required }) => (long && required ? [[long, argChoices ?? []] as const] : [])),
  )
}

function bash(entries: readonly Entry[]): string {
  const ofCommands = entries.map(
    ({ name, options }) => `    ${name}) words="${[...options.map(({ long }) => long), '--help'].join(' ')}" ;;`,
  )
  const ofValues = Array.from(valuesOf(entries))
    .filter(([, choices]) => choices.length > 0)
    .map(([option, choices]) => `    ${option}) words="${choices.join(' ')}" ;;`)
  const files = Array.from(valuesOf(entries))
    .filter(([, choices]) => choices.length === 0)
    .map(([option]) => option)
  return `# hot-config completion for bash. Add to ~/.bashrc: source <(hot-config completion bash)
_hot_config() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  case "$before" in
${ofValues.join('\n')}
    ${files.join('|')}) return ;;
  esac
  if [ -z "$words" ] && [ "$COMP_CWORD" -eq 1 ]; then
    words="${entries.map(({ name }) => name).join(' ')} --help --version"
  elif [ -z "$words" ]; then
    case "$current" in -*) case "\${COMP_WORDS[1]}" in
${ofCommands.join('\n')}
    esac ;; esac
  fi
  # shellcheck disable=SC2207
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _hot_config hot-config`
}

function zsh(entries: readonly Entry[]): string {
  const commands = entries.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`)
  const cases = entries.map(({ name, options }) => {
    const specs = options.map((option) => `      ${quoted(zshSpec(option))}`)
    return `    ${name}) _arguments \\\n${[...specs, "      '--help[show help]'", "      '*:file:_files'"].join(' \\\n')} ;;`
  })
  return `#compdef hot-config
# hot-config completion for zsh. Add to ~/.zshrc: source <(hot-config completion zsh)
_hot_config() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command="$words[2]"
  shift words; (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _hot_config hot-config`
}

function zshSpec({ long, description, required, argChoices }: Option): string {
  const text = description.replace(/[[\]:]/g, '\\$&')
  const value = argChoices ? `:value:(${argChoices.join(' ')})` : ':value:_files'
  return `*${long}[${text}]${required ? value : ''}`
}

function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ name, summary, options }) => [
    `complete -c hot-config -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...options.map(({ long, description, required, argChoices }) => {
      const value = argChoices ? ` -x -a ${quoted(argChoices.join(' '))}` : required ? ' -r -F' : ''
      const option = `-l ${(long ?? '').slice('--'.length)}${value}`
      return `complete -c hot-config -n '__fish_seen_subcommand_from ${name}' ${option} -d ${quoted(description)}`
    }),
  ])
  return `# hot-config completion for fish. Save as ~/.config/fish/completions/hot-config.fish
${lines.join('\n')}`
}

/** In single quotes, where no shell expands anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
