import { describePlace } from '@hot-config/core/internal'

import type { Colors } from '../colors.js'
import { printable, printableValue } from '../printable.js'
import type { Finding, Level, Report } from './finding.js'

export type ReportFormat = 'text' | 'json' | 'github' | 'sarif'

/** Writes a report in a format. */
export function formatReport(report: Report, format: ReportFormat, colors: Colors): string {
  return FORMATTERS[format](report, colors)
}

const FORMATTERS: Readonly<Record<ReportFormat, (report: Report, colors: Colors) => string>> = {
  text: formatText,
  json: (report) => JSON.stringify({ valid: countOf(report, 'error') === 0, ...report }, null, 2),
  github: (report) => report.findings.map(formatGitHub).join('\n'),
  sarif: formatSarif,
}

function countOf({ findings }: Report, level: Level): number {
  return findings.filter((finding) => finding.level === level).length
}

function formatText(report: Report, { bold, red, yellow, dim }: Colors): string {
  const paint = { error: red, warning: yellow, note: dim }
  const lines = report.findings.map((finding) => {
    const { level, path, message } = finding
    const kind = level === 'error' ? '' : paint[level](`${level}: `)
    return `${bold(printable(describePlace(finding)))} ${path === undefined ? '' : `${red(printable(path))} `}${kind}${printable(message)}`
  })
  const changes = (report.changes ?? []).map(
    ({ path, before, after, ...place }) =>
      `${bold(printable(describePlace(place)))} ${printable(path)} ${dim(`changes from ${printableValue(before)} to`)} ${printableValue(after)}`,
  )
  const { omittedChanges = 0 } = report
  const more = omittedChanges > 0 ? [dim(`and ${counted(omittedChanges, 'more change')}`)] : []
  return [...lines, ...changes, ...more, summaryOf(report, { red, yellow })].join('\n')
}

function summaryOf(report: Report, { red, yellow }: Pick<Colors, 'red' | 'yellow'>): string {
  const [errors, warnings] = [countOf(report, 'error'), countOf(report, 'warning')]
  const checked = `${counted(report.objects, 'object')} checked`
  const counts = [
    errors > 0 ? red(counted(errors, 'problem')) : 'no problems',
    ...(warnings > 0 ? [yellow(counted(warnings, 'warning'))] : []),
    ...(report.changes ? [counted(report.changes.length + (report.omittedChanges ?? 0), 'change')] : []),
  ]
  return `${checked}: ${counts.join(', ')}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

const GITHUB_COMMANDS = { error: 'error', warning: 'warning', note: 'notice' } as const

/** A workflow command, which GitHub shows at the line of a pull request. */
function formatGitHub({ level, file, line, column, path, message }: Finding): string {
  const properties = Object.entries({ file, line, col: column, title: path ?? 'hot-config' })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
  const text = path === undefined ? message : `${path} ${message}`
  return `::${GITHUB_COMMANDS[level]} ${properties.join(',')}::${escapeData(text)}`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** SARIF 2.1.0, which GitHub code scanning and many editors read. */
function formatSarif({ findings }: Report): string {
  const rules = Array.from(new Set(findings.map(({ rule }) => rule)), (id) => ({ id }))
  const results = findings.map(({ rule, level, file, line, column, path, message }) => ({
    ruleId: rule,
    level,
    message: { text: path === undefined ? message : `${path} ${message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
          ...(line !== undefined && {
            region: { startLine: line, ...(column !== undefined && { startColumn: column }) },
          }),
        },
      },
    ],
  }))
  const driver = { name: 'hot-config', informationUri: 'https://github.com/hot-config/hot-config', rules }
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results }],
  }
  return JSON.stringify(log, null, 2)
}
