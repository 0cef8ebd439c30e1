import { SyntaxProblem } from './syntax-problem.js'

/**
 * Rejects directives that would change what a text means: YAML 1.1 reads `off` as false and `010` as eight, while this
 * parser reads 1.2 whatever the text says of itself.
 *
 * @throws {SyntaxProblem} with the line of the directive
 */
export function checkDirectives(text: string): void {
  if (!/^%/m.test(text)) return
  /** Directives are before the first document, and behind the end of another. */
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
  if (/^%YAML\s/.test(line)) return 'says that it is another YAML than 1.2: write it as YAML 1.2, and remove this line'
  return 'has a directive that is unknown: expected %YAML 1.2 or %TAG'
}
