import { dump } from 'js-yaml'

import type { OutlineEntry } from './outline.js'

/** A table of all values, for documentation. */
export function toMarkdown(outline: readonly OutlineEntry[]): string {
  const hasVariables = outline.some(({ form }) => form['x-env'] !== undefined)
  const head = ['path', 'type', 'default', ...(hasVariables ? ['variable'] : []), 'what']
  const rows = outline.map(({ path, form, type, isRequired, isSecret, byDefault }) => [
    code(path.join('.')),
    type,
    isSecret ? 'secret' : isRequired ? 'required' : byDefault === undefined ? '' : code(JSON.stringify(byDefault)),
    ...(hasVariables ? [form['x-env'] === undefined ? '' : code(form['x-env'])] : []),
    form.description ?? '',
  ])
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}

function cell(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.filter(Boolean).join(' ').replaceAll('|', '\\|')
}

/** A ConfigMap with all defaults and a comment for each value. Values without a default are comments. */
export function toConfigMap(outline: readonly OutlineEntry[], name: string): string {
  const lines: string[] = []
  let open: readonly string[] = []
  for (const entry of outline) {
    const folders = entry.path.slice(0, -1)
    const isWritten = hasDefault(entry)
    const common = folders.findIndex((folder, index) => folder !== open[index])
    const from = common < 0 ? folders.length : common
    // an object in which everything is a comment is one as well
    const hasValues = (depth: number): boolean =>
      outline.some(
        (each) => hasDefault(each) && folders.slice(0, depth + 1).every((folder, index) => each.path[index] === folder),
      )
    for (let depth = from; depth < folders.length; depth++) {
      const line = `${indent(depth)}${dumpKey(folders[depth] ?? '')}`
      lines.push(hasValues(depth) ? line : commented(line, depth))
    }
    open = folders
    const depth = folders.length
    lines.push(...commentOf(entry).map((text) => `${indent(depth)}# ${text}`))
    const value = isWritten ? entry.byDefault : entry.isSecret ? '' : null
    const text = dump({ [entry.path.at(-1) ?? '']: value }, { lineWidth: -1 }).trimEnd()
    for (const line of text.split('\n')) {
      lines.push(isWritten ? indent(depth) + line : commented(indent(depth) + line.replace(/ (?:null|'')$/, ''), depth))
    }
  }
  const body = lines.map((line) => `    ${line}`.trimEnd()).join('\n')
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  app.yaml: |\n${body}`
}

/** Whether the ConfigMap has the value, and not a comment in its place. */
function hasDefault({ isSecret, byDefault }: OutlineEntry): boolean {
  return !isSecret && byDefault !== undefined
}

function indent(depth: number): string {
  return '  '.repeat(depth)
}

function commented(line: string, depth: number): string {
  return `${indent(depth)}# ${line.slice(2 * depth)}`
}

function dumpKey(name: string): string {
  return dump({ [name]: null }, { lineWidth: -1 })
    .trimEnd()
    .replace(/ null$/, '')
}

function commentOf({ form, type, isRequired, isSecret }: OutlineEntry): string[] {
  const kind = isSecret ? 'secret: put it into a Secret' : isRequired ? `required: ${type}` : type
  return [...(form.description?.split('\n') ?? []), kind]
}
