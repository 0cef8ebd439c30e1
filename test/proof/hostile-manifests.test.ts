import * as fc from 'fast-check'
import { expect } from 'vitest'
import * as yaml from 'yaml'

import { leaksIn } from '../secrets/leaks.ts'
import { CliFolder } from '../support/cli.ts'
import type { CliResult } from '../support/cli.ts'
import { OBJECT_SCHEMA_MODULE, hostileObject, isText, issuesOfCore } from '../support/hostile-objects.ts'
import type { HostileObject } from '../support/hostile-objects.ts'
import { SECRET, changedText } from '../support/hostile-texts.ts'
import { proof } from './proof.ts'

/** As many as one start of the command line checks. */
const BATCH = 40

interface Finding {
  readonly level: string
  readonly rule: string
  readonly file: string
  readonly line?: number
  readonly column?: number
  readonly path?: string
  readonly message: string
}

const style = fc.record({
  isJson: fc.boolean(),
  indent: fc.constantFrom(1, 2, 4),
  lineWidth: fc.constantFrom(0, 40, 80),
  blockQuote: fc.constantFrom<boolean | 'folded' | 'literal'>(true, false, 'folded', 'literal'),
  defaultStringType: fc.constantFrom<'PLAIN' | 'QUOTE_DOUBLE' | 'QUOTE_SINGLE'>(
    'PLAIN',
    'QUOTE_DOUBLE',
    'QUOTE_SINGLE',
  ),
})

const objects = fc.array(fc.tuple(hostileObject, style), { minLength: BATCH, maxLength: BATCH })

type Style = typeof style extends fc.Arbitrary<infer S> ? S : never

/** What YAML has only as an escape. A manifest with it is not YAML, whatever the documents in it are. */
const UNPRINTABLE = /[\u007f-\u0084\u0086-\u009f\ufffe\uffff]/g
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Writes an object, as JSON where YAML would not keep it. */
function manifestOf({ isSecret, keys }: HostileObject, name: string, { isJson, indent, ...how }: Style): string {
  const [texts, binary]: [Record<string, string>, Record<string, string>] = [{}, {}]
  for (const [key, bytes] of Object.entries(keys)) {
    if (isText(bytes)) texts[key] = bytes.toString('utf8')
    else binary[key] = bytes.toString('base64')
  }
  const [textField, binaryField] = isSecret ? ['stringData', 'data'] : ['data', 'binaryData']
  const object = {
    apiVersion: 'v1',
    kind: isSecret ? 'Secret' : 'ConfigMap',
    metadata: { name },
    ...Object.fromEntries([
      [binaryField, binary],
      [textField, texts],
    ]),
  }
  const json = JSON.stringify(object, null, indent).replace(UNPRINTABLE, escaped)
  if (isJson) return json
  const text = yaml.stringify(object, { version: '1.1', indent, ...how })
  return text.search(UNPRINTABLE) < 0 && says(text, object) ? text : json
}

/** The library writes texts that it can't read again. */
function says(text: string, object: object): boolean {
  try {
    const written = yaml.parseDocument(text)
    return written.errors.length === 0 && JSON.stringify(written.toJS()) === JSON.stringify(object)
  } catch (error) {
    // Its parser is recursive: the document that it takes a text for may be too deep.
    if (error instanceof RangeError) return false
    throw error
  }
}

async function validate(manifests: readonly string[]): Promise<CliResult & { findings: readonly Finding[] }> {
  const files = Object.fromEntries(manifests.map((text, index) => [`m/${String(index).padStart(2, '0')}.yaml`, text]))
  await using folder = await CliFolder.create({ ...files, 'config.mjs': OBJECT_SCHEMA_MODULE })
  const result = await folder.run(['validate', '--schema', 'config.mjs', '--json', '--schema-timeout', '60s', 'm'])
  expect(result.stderr).toBe('')
  const { findings } = JSON.parse(result.stdout) as { findings: readonly Finding[] }
  for (const { file, line = 1, column = 1, message } of findings) {
    const lines = manifests[Number(/(\d+)\.yaml/.exec(file)?.[1])]?.split('\n') ?? []
    const isThere = line >= 1 && column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1
    if (!isThere) throw new Error(`no such place: ${file}:${line}:${column} (${message})`)
  }
  return { ...result, findings }
}

proof(
  'validate agrees with core about hostile objects, and shows no secret',
  { proves: ['never-invalid', 'secrets-stay-secret'], unit: 'objects', small: 80, large: 10_000 },
  async ({ size, seed, count }) => {
    const property = fc.asyncProperty(objects, async (objects) => {
      count(objects.length)
      const manifests = objects.map(([object, how], index) => manifestOf(object, `object-${index}`, how))
      const { code, findings } = await validate(manifests)
      const errors = findings.filter(({ level }) => level === 'error')
      expect(code).toBe(errors.length > 0 ? 1 : 0)
      for (const [index, [object]] of objects.entries()) {
        const own = findings.filter(({ file }) => file.endsWith(`${String(index).padStart(2, '0')}.yaml`))
        const issues = await issuesOfCore(object)
        const found = own.filter(({ level }) => level === 'error')
        // Two keys may have the same problem, at places that only the command line tells apart.
        expect([object, new Set(found.map(textOf))]).toEqual([object, new Set(issues.map(textOf))])
        if (object.isSecret) expect(leaksIn(JSON.stringify(own), [SECRET])).toEqual([])
      }
    })
    await fc.assert(property, { seed, numRuns: Math.ceil(size / BATCH), endOnFailure: true })
  },
)

/** What is said, without the place, which is another one in a manifest. */
const textOf = ({ path, message }: { readonly path?: string; readonly message: string }): string => `${path} ${message}`

const PIECES = [
  'kind: ',
  'data:\n',
  'binaryData:\n  x: AAA=\n',
  '---\n',
  '- ',
  '&a ',
  '*a',
  '<<: *a\n',
  '!!binary ',
  'items:\n',
  'kind: List\n',
  '  name: ',
  '[',
  '{',
  '"',
  "'",
  '|',
  '\t',
  '\0',
  '\ufeff',
  '\u2028',
  '\n',
  '  ',
  ': ',
  '# ',
]

proof(
  'validate survives hostile manifests',
  { proves: ['content-is-data', 'never-invalid'], unit: 'manifests', small: 80, large: 10_000 },
  async ({ size, seed, count }) => {
    const manifest = fc.tuple(hostileObject, style).map(([object, how]) => manifestOf(object, 'object', how))
    const changed = fc.array(changedText(manifest, fc.constantFrom(...PIECES)), { minLength: BATCH, maxLength: BATCH })
    const property = fc.asyncProperty(changed, async (manifests) => {
      count(manifests.length)
      // One is right, so that there is always something to validate.
      const right = 'kind: ConfigMap\nmetadata: { name: right }\ndata: { port: "80" }\n'
      const { code, findings } = await validate([...manifests, right])
      expect(code).toBe(findings.some(({ level }) => level === 'error') ? 1 : 0)
    })
    await fc.assert(property, { seed, numRuns: Math.ceil(size / BATCH), endOnFailure: true })
  },
)
