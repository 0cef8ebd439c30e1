/** The words that name a secret. */
const SECRETS = words('password passwd passphrase secret token credential apikey privatekey')

/**
 * Finds them in the words of a name, with blanks in between: `api key`, `pass phrase`, and as a part of longer words
 * such as `pgpassword` and `secretkey`. Words such as `tokenizer`, `secretary` and `passwordless` mean something else.
 */
const SECRET_WORD = new RegExp(
  `(?:${Array.from(SECRETS, (word) => Array.from(word).join(' ?')).join('|')})` +
    '(?!(?:i[sz](?:e[drs]?|ers?|ing|ation|m)|ar(?:y|ies|iat)|ive|ion|less|ly)(?: |$))(?:s(?= |$))?',
  'g',
)

/** With one of these before the secret word, the name means a switch: `AUTH_REQUIRE_PASSWORD`. */
const SWITCH = words('allow disable disabled enable enabled require required')

/**
 * The same, but only at the start of a name and with nothing but common words in between: `useClientSecret`, but not
 * `noReplyPassword`.
 */
const SWITCH_FIRST = words('has hide is needs no show skip use with without')

/** With one of these before secrets in the plural, the name means a number: `maxTokens`, but not `MAX_MIND_API_KEY`. */
const NUMBER = words('max maximum min minimum num')

/** The same, but only at the start of a name: `totalTokens`, but not `phone_number_tokens`. */
const NUMBER_FIRST = words('avg count limit number total')

/**
 * With one of these after the secret word, the name means something else: `passwordMinLength`, `tokenTtl`,
 * `secretName`. Units of time count only in the plural, because `token_second` is the second token.
 */
const ABOUT_AFTER = words(
  'age algorithm attempt audience bucket budget cache class column cost count days dir directory disabled duration enabled',
  'endpoint engine expiration expire expiry field file filename folder format header hint host hours id interval issuer kind',
  'label len length lifetime limit location login manager max min minutes mode mount ms name namespace parser path pattern',
  'per policy port prefix provider rate ref reference regex required reset rotation round rule scope seconds service size',
  'source store strength suffix table timeout ttl type uri url usage validity version window',
)

/** Common words in configurations. A key of only such words is not secret itself. */
const PLAIN = words(
  'access account address admin api app auth base bucket ca cert certificate client config connection crt data database db',
  'default dsn email enabled endpoint env environment host hostname id issuer key level log max min mode name option',
  'password passwd passphrase path pool port prefix primary private public region replica role root scheme schema scope',
  'secret server service ssl timeout tls token type uri url user username value version',
)

/** Other words that say which secret a switch is about. */
const WHICH = words('bearer empty refresh session strong')

/** Every name of a secret matches this. Most names don't, so they need no further check. */
const STEM = /pass|secret|token|credential|key/i

/** A cache, because the same names occur in every update. */
const answers = new Map<string, boolean>()
const MAX_ANSWERS = 10_000

/** A longer name was not written by a person, so its words mean nothing. */
const MAX_NAME_LENGTH = 200

/**
 * Whether a key names a secret: `password`, `passwd`, `passphrase`, `secret`, `token`, `credential`, `apiKey` and
 * `privateKey`, in any case style, in the plural, and as a part of a name: `DB_PASSWORD`, `client-secret`, `apiKeys`,
 * `passPhrase`.
 *
 * Names of something about a secret do not count: `tokenizer`, `maxTokens`, `passwordMinLength`, `tokenUrl`. A name
 * with another part after the word, such as `token_github`, counts, because hiding too much is better than hiding too
 * little.
 */
export function isSecretName(key: string): boolean {
  if (!STEM.test(key)) return false
  const answer = answers.get(key)
  if (answer !== undefined) return answer
  if (answers.size >= MAX_ANSWERS) answers.clear()
  const isSecret = namesSecret(wordsOf(key).join(' '))
  answers.set(key, isSecret)
  return isSecret
}

/** Whether a key consists of common words, such as `user` or `DB_PASSWORD`. Such a key is not secret itself. */
export function isPlainName(key: string): boolean {
  const parts = wordsOf(key)
  return parts.length > 0 && parts.every((word) => isOneOf(PLAIN, word) || /^\d{1,2}$/.test(word))
}

/** @param name its words, with blanks in between */
function namesSecret(name: string): boolean {
  const found = Array.from(name.matchAll(SECRET_WORD)).at(-1)
  if (!found) return false
  const before = name.slice(0, found.index).split(' ')
  const [rest = '', ...after] = name.slice(found.index + found[0].length).split(' ')
  if (isSwitch(before) || (found[0].endsWith('s') && isNumber(before))) return false
  const isAbout = isAboutTogether(rest) || after.some((word) => isOneOf(ABOUT_AFTER, word))
  // The id of a secret may be a credential of its own, such as the `secret_id` of an AppRole.
  const isId = found[0] === 'secret' && /^ids?$/.test([rest, ...after].join(''))
  return !isAbout || isId
}

function isSwitch(before: readonly string[]): boolean {
  if (before.some((word) => SWITCH.has(word))) return true
  const [first = '', ...others] = before.filter((word) => word !== '')
  return SWITCH_FIRST.has(first) && others.every((word) => isOneOf(PLAIN, word) || WHICH.has(word))
}

function isNumber(before: readonly string[]): boolean {
  return NUMBER_FIRST.has(before[0] ?? '') || before.some((word) => NUMBER.has(word))
}

/** Whether it consists of words about secrets that are written together, such as `minlength` and `keyref`. */
function isAboutTogether(text: string): boolean {
  return [text, text.replace(/^(?:s|keys?)/, '')].some((part) => part !== '' && consistsOf(ABOUT_AFTER, part))
}

/** Takes linear time: every place is visited once. */
function consistsOf(set: ReadonlySet<string>, text: string): boolean {
  const places = new Set([0])
  for (const place of places) {
    for (const word of set) {
      if (!text.startsWith(word, place)) continue
      places.add(place + word.length)
      if (text.startsWith('s', place + word.length)) places.add(place + word.length + 1)
    }
  }
  return places.has(text.length)
}

/** Splits a key into words: `dbPassword`, `DB_PASSWORD`, `db-password` and `DBPassword` all become `db`, `password`. */
function wordsOf(key: string): string[] {
  if (key.length > MAX_NAME_LENGTH) return []
  return key
    .replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)/g, ' ')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '')
}

/** Whether a set has a word in the singular or the plural. */
function isOneOf(set: ReadonlySet<string>, word: string): boolean {
  return set.has(word) || set.has(word.replace(/s$/, ''))
}

function words(...lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')))
}
