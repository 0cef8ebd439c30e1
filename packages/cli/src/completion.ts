import type { Command, Option } from 'commander'

export type Shell = 'bash' | 'zsh' | 'fish'

/** A command, as completion needs it. */
interface Entry {
  /** Its names from the program on: one, or that of the command above it first. */
  readonly names: readonly string[]
  readonly summary: string
  readonly options: readonly Option[]
  /** The names of the commands below it. */
  readonly below: readonly string[]
  /** What its first argument may be. Empty when it may be anything, such as a file. */
  readonly choices: readonly string[]
}

/** Writes the completion of a shell from the tree of commands. */
export function completionFor(shell: Shell, program: Command): string {
  return SCRIPTS[shell](entriesOf(program, []))
}

/** The commands below a command, each followed by those below it. */
function entriesOf(command: Command, above: readonly string[]): Entry[] {
  return command.commands.flatMap((each) => {
    const names = [...above, each.name()]
    const entry = {
      names,
      summary: each.summary() || each.description(),
      options: each.options.filter(({ hidden }) => !hidden),
      below: each.commands.map((below) => below.name()),
      choices: each.registeredArguments[0]?.argChoices ?? [],
    }
    return [entry, ...entriesOf(each, names)]
  })
}

const isTop = ({ names }: Entry): boolean => names.length === 1

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
    ({ names, options }) =>
      `    "${names.join(' ')}") words="${[...options.map(({ long }) => long), '--help'].join(' ')}" ;;`,
  )
  const first = entries.filter(({ below, choices }) => below.length + choices.length > 0)
  const names = first.map((entry) => `    "${entry.names.join(' ')}") first="${firstWordsOf(entry).join(' ')}" ;;`)
  const ofValues = Array.from(valuesOf(entries))
    .filter(([, choices]) => choices.length > 0)
    .map(([option, choices]) => `    ${option}) words="${choices.join(' ')}" ;;`)
  const files = Array.from(valuesOf(entries))
    .filter(([, choices]) => choices.length === 0)
    .map(([option]) => option)
  return `# hot-config completion for bash. Add to ~/.bashrc: source <(hot-config completion bash)
_hot_config() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words="" first=""
  local command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  case "$before" in
${ofValues.join('\n')}
    ${files.join('|')}) return ;;
  esac
  case "$command" in
${names.join('\n')}
  esac
  if [ "$COMP_CWORD" -gt 2 ] && [[ " $first " == *" \${COMP_WORDS[2]} "* ]]; then
    command="$command \${COMP_WORDS[2]}"
  fi
  if [ -z "$words" ] && [ "$COMP_CWORD" -eq 1 ]; then
    words="${entries
      .filter(isTop)
      .flatMap((entry) => entry.names)
      .join(' ')} --help --version"
  elif [ -z "$words" ]; then
    [ "$COMP_CWORD" -eq 2 ] && words="$first"
    case "$current" in -*) case "$command" in
${ofCommands.join('\n')}
    esac ;; esac
  fi
  # shellcheck disable=SC2207
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _hot_config hot-config`
}

/** What may follow a command: the commands below it, or the values of its argument. */
function firstWordsOf({ below, choices }: Entry): readonly string[] {
  return [...below, ...choices]
}

function zsh(entries: readonly Entry[]): string {
  const commands = entries.filter(isTop).map(({ names, summary }) => `    ${quoted(`${names.join(' ')}:${summary}`)}`)
  const below = entries.filter((entry) => entry.below.length > 0)
  const belowCases = below.map((entry) => `    ${entry.names.join(' ')}) below=(${entry.below.join(' ')}) ;;`)
  const cases = entries.map(({ names, options, choices }) => {
    const specs = options.map((option) => `      ${quoted(zshSpec(option))}`)
    const argument = choices.length > 0 ? `1:value:(${choices.join(' ')})` : '*:file:_files'
    const all = [...specs, "      '--help[show help]'", `      ${quoted(argument)}`]
    return `    ${quoted(names.join(' '))}) _arguments \\\n${all.join(' \\\n')} ;;`
  })
  return `#compdef hot-config
# hot-config completion for zsh. Add to ~/.zshrc: source <(hot-config completion zsh)
_hot_config() {
  local -a commands=(
${commands.join('\n')}
  )
  local -a below=()
  if (( CURRENT == 2 )); then
    if [[ "$words[2]" == -* ]]; then compadd -- --help --version; else _describe command commands; fi
    return
  fi
  local command="$words[2]"
  case "$command" in
${belowCases.join('\n')}
  esac
  shift words; (( CURRENT-- ))
  if (( CURRENT > 2 )) && (( $below[(Ie)$words[2]] )); then
    command="$command $words[2]"
    shift words; (( CURRENT-- ))
  fi
  if (( CURRENT == 2 )) && (( $#below )) && [[ "$command" != *' '* ]]; then _describe command below; fi
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
  const lines = entries.flatMap((entry) => {
    const { names, summary, options, below, choices } = entry
    const [name, above] = [names.at(-1) ?? '', names.slice(0, -1)]
    // `status` is a command, and one below `rollout`
    const others = entries.filter((each) => isTop(entry) && each.below.includes(name)).flatMap((each) => each.names)
    const seen = [
      ...names.map((each) => `__fish_seen_subcommand_from ${each}`),
      ...others.map((each) => `not __fish_seen_subcommand_from ${each}`),
    ].join('; and ')
    const offered = isTop(entry) ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${above.join(' ')}`
    const own = below.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${below.join(' ')}`
    return [
      `complete -c hot-config -n ${quoted(offered)} -f -a ${name} -d ${quoted(summary)}`,
      `complete -c hot-config -n ${quoted(own)} -l help -d 'show help'`,
      ...(choices.length > 0 ? [`complete -c hot-config -n ${quoted(own)} -f -a ${quoted(choices.join(' '))}`] : []),
      ...options.map(({ long, description, required, argChoices }) => {
        const value = argChoices ? ` -x -a ${quoted(argChoices.join(' '))}` : required ? ' -r -F' : ''
        const option = `-l ${(long ?? '').slice('--'.length)}${value}`
        return `complete -c hot-config -n ${quoted(own)} ${option} -d ${quoted(description)}`
      }),
    ]
  })
  return `# hot-config completion for fish. Save as ~/.config/fish/completions/hot-config.fish
complete -c hot-config -n __fish_use_subcommand -f -l help -d 'show help'
complete -c hot-config -n __fish_use_subcommand -f -l version -d 'show the version'
${lines.join('\n')}`
}

/** In single quotes, where no shell expands anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
