/** The size above which documents are parsed in a worker. */
const heavyBytes = (name: string): number => (name.endsWith('.json') ? 1_100 : 300) * 1024

const FILL = 'x'.repeat(60)

/** A text that says `head` and is filled up with values, so that it is parsed in a worker. */
export function heavy(name: string, head: string): string {
  const lines: string[] = []
  for (let index = 0, size = 0; size < heavyBytes(name); index++) {
    const line = lineOf(name, index)
    lines.push(line)
    size += line.length
  }
  if (name.endsWith('.json')) return `{${head}${head ? ',' : ''}\n${lines.join(',\n')}}\n`
  return `${head}\n${lines.join('\n')}\n`
}

function lineOf(name: string, index: number): string {
  if (name.endsWith('.json')) return `"fill${index}": {"name": "${FILL}", "list": [${index}, true, null]}`
  if (/\.ya?ml$/.test(name)) return `fill${index}: {name: ${FILL}, list: [${index}, true, null]}`
  if (name.endsWith('.toml')) return `fill${index} = {name = "${FILL}", list = [${index}, true]}`
  return `fill${index}.name=${FILL}`
}
