import { SyntaxProblem } from './syntax-problem.js'

/**
 * Rejects directives that change what a text means. In YAML 1.1, `off` is false and `010` is eight, but the parser follows
 * YAML 1.2 in any case.
 *
 * @throws {SyntaxProblem} with the line of the directive
 */
export function checkDirectives(text: string): void {
  if (!/^%/m.test(text)) return
  /** Whether a directive may follow: before the first document, and after the end of another. */
  let isBefore = true
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (/^\.\.\.(?:\s|$)/.test(line)) isBefore = true
    else if (isBefore && line.startsWith('%')) {
      const fault = faultOf(line)
      if (fault !== undefined) throw new SyntaxProblem(fault, { line: index + 1 })
    } else if (!/^\s*(?:#|$)/.test(line)) isBefore = false
  }
}

function faultOf(line: string): string | undefined {
  if (/^%TAG\s/.test(line) || /^%YAML\s+1\.2\s*(?:\s#.*)?$/.test(line)) return undefined
  if (/^%YAML\s/.test(line)) return 'is not YAML 1.2 by its own words: write it as YAML 1.2, and remove this line'
  return 'has a directive that is unknown: expected %YAML 1.2 or %TAG'
}
