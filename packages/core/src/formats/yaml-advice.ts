/**
 * What to do about the mistakes that js-yaml calls by names of its own grammar, and often finds only in the line after
 * them. Without it, `log: [1, 2` is "deficient indentation" in the next line.
 */
const ADVICE: Readonly<Record<string, string>> = {
  'deficient indentation': 'close the bracket or the quote before it, or indent this line',
  'bad indentation of a mapping entry':
    'indent this line as the ones before it, and quote a text that has ": " or begins with a sign such as @ or %',
  'bad indentation of a sequence entry': 'indent this line as the items before it',
  'can not read a block mapping entry; a multiline key may not be an implicit key':
    'write "name: value" in the lines before it, with a blank after the colon',
  'can not read an implicit mapping pair; a colon is missed': 'write "name: value", with a blank after the colon',
  'unidentified alias': 'quote a text that begins with *',
  'end of the stream or a document separator is expected':
    'indent this line as the ones before it: one place can not hold both a list and names',
  'missed comma between flow collection entries': 'write a comma between items, and close each bracket',
  'unexpected end of the stream within a flow collection': 'close the bracket',
  'unexpected end of the stream within a double quoted scalar': 'close the quote',
  'unexpected end of the stream within a single quoted scalar': 'close the quote',
}

/** The message for a reason of js-yaml. @param reason without quotations of the text */
export function notYaml(reason: string): string {
  const advice = Object.hasOwn(ADVICE, reason) ? `; ${ADVICE[reason]}` : ''
  return `is not YAML: ${reason}${advice}`
}
