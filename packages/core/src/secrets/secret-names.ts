/** A word that names a secret. Longer words that end with one match too: `PGPASSWORD`, `accesstoken`. */
const SECRET_WORD = /(?:password|passwd|passphrase|secret|token|credential|apikey|privatekey)s?$/

/** Two words that name a secret together: `apiKey`, `PRIVATE_KEYS`. */
const SECRET_PAIR = /^(?:api|private) keys?$/

/**
 * With one of these before the secret word, the name means a number or a switch: `maxTokens`, `AUTH_REQUIRE_PASSWORD`.
 */
const ABOUT_BEFORE = words('allow disable disabled enable enabled max maximum min minimum num require required')

/** The same words, but only at the start of a name: `hasSecret`, but not `phone_number_token`. */
const ABOUT_FIRST = words('avg count has hide is limit needs no number show skip total use with without')

/**
 * With one of these after the secret word, the name means something else: `passwordMinLength`, `tokenTtl`,
 * `secretName`.
 */
const ABOUT_AFTER = words(
  'age algorithm attempt audience bucket budget cache class column cost count day dir directory disabled duration enabled',
  'endpoint engine expiration expire expiry field file filename folder format header hint host hour id interval issuer kind',
  'label len length lifetime limit location login manager max min minute mode mount ms name namespace parser path pattern per',
  'policy port prefix provider rate ref reference regex required reset rotation round rule scope second service size source',
  'store strength suffix table timeout ttl type uri url usage validity version window',
)

/** The id of a secret may be a credential of its own, such as the `secret_id` of an AppRole. */
const SECRET_ID = /\bsecret ids?$/

/** Common words in configurations. A key of only such words is not secret itself. */
const PLAIN = words(
  'access account address admin api app auth base bucket ca cert certificate client config connection crt data database db',
  'default dsn email enabled endpoint env environment host hostname id issuer key level log max min mode name option',
  'password passwd passphrase path pool port prefix primary private public region replica role root scheme schema scope',
  'secret server service ssl timeout tls token type uri url user username value version',
)

/** Every name of a secret matches this. Most names don't, so they need no further check. */
const STEM = /pass|secret|token|credential|key/i

/** A cache, because the same names occur in every update. */
const answers = new Map<string, boolean>()
const MAX_ANSWERS = 10_000

/** A longer name was not written by a person, so its words mean nothing. */
const MAX_NAME_LENGTH = 200

/**
 * Whether a key names a secret: `password`, `passwd`, `passphrase`, `secret`, `token`, `credential`, `apiKey` and
 * `privateKey`, in any case style, in the plural, and as a part of a name: `DB_PASSWORD`, `client-secret`, `apiKeys`.
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
  const isSecret = namesSecret(wordsOf(key))
  answers.set(key, isSecret)
  return isSecret
}

/** Whether a key consists of common words, such as `user` or `DB_PASSWORD`. Such a key is not secret itself. */
export function isPlainName(key: string): boolean {
  const parts = wordsOf(key)
  return parts.length > 0 && parts.every((word) => isOneOf(PLAIN, word) || /^\d{1,2}$/.test(word))
}

function namesSecret(parts: readonly string[]): boolean {
  const index = parts.findLastIndex(
    (word, at) => SECRET_WORD.test(word) || SECRET_PAIR.test(`${parts[at - 1] ?? ''} ${word}`),
  )
  if (index < 0 || ABOUT_FIRST.has(parts[0] ?? '')) return false
  if (parts.slice(0, index).some((word) => ABOUT_BEFORE.has(word))) return false
  return SECRET_ID.test(parts.join(' ')) || !parts.slice(index + 1).some((word) => isOneOf(ABOUT_AFTER, word))
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
