/**
 * Returns the reason of an error of the YAML parser without its quotation of the text and without its ending. Neither
 * may be shown.
 */
export function reasonWithoutText(reason: string): string {
  const start = reason.search(/"|!</)
  const end = Math.max(reason.lastIndexOf('"'), reason.lastIndexOf('>'))
  const rest = start < 0 ? reason : reason.slice(0, start).trimEnd() + (end < start ? '' : reason.slice(end + 1))
  return rest.split(':', 1)[0] ?? ''
}
