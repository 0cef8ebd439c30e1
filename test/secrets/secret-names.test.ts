import { createHotConfig } from '@hot-config/core'
import { describe, expect, it } from 'vitest'

import { drivenSource, fileEntries } from '../support/driven-source.ts'

const SECRETS = namesIn(`
  password passwd passphrase secret token credential credentials apiKey privateKey DB_PASSWORD dbPassword
  db-password db_password DbPassword DBPassword PASSWORD passwords API_KEY api-key api_key apikey APIKEY
  APIKey apiKeys x-api-key PRIVATE_KEY privateKeys clientSecret client_secret secretKey
  AWS_SECRET_ACCESS_KEY secrets imagePullSecrets secret_id accessToken refresh_token TOKEN tokens OAuthToken
  oauth2Token token_github tokenV2 PGPASSWORD dbpassword accesstoken rootPasswd password2 passwordHash
  private_key_pem secretBase64
  passPhrase PassPhrase PASS_PHRASE pass-phrase PassWord pass_word PassWords APIkey MYAPIkey
  secretkey SECRETKEY aws_secretkey AWS_SECRETACCESSKEY passwordhash privatekeypem tokengithub secretid
  noReplyPassword no_reply_password NO_IP_PASSWORD SHOW_TIME_API_KEY hasOffersApiKey total_wine_token
  MAX_MIND_API_KEY max_token MAX_API_KEY api_key_second token_minute secretTokenizer tokenizerSecret
`)

const OTHERS = namesIn(`
  tokenizer detokenize secretary passwordless key keys keyboard publicKey username pass maxTokens
  max_new_tokens OPENAI_MAX_TOKENS numTokens minPasswordLength tokenCount tokenLimit passwordMinLength
  passwordPolicy password_reset_url passwordFile PRIVATE_KEY_PATH secretName tokenTtl tokenTtlSeconds
  tokenExpiresIn TOKEN_LIFETIME tokenUrl tokenEndpoint tokenType secretsManager credentialsProvider
  secretKeyRef apiKeyHeader tokensPerMinute tokenBucket tokenId requirePassword AUTH_REQUIRE_PASSWORD
  enableTokenAuth hasSecret isSecret useApiKey
  noPassword no_password NO_PASSWORDS nopassword hasClientSecret useRefreshToken showPasswords
  MYSQL_ALLOW_EMPTY_PASSWORD maxOutputTokens maxtokens totalTokens tokensPerSecond tokens_per_second
  passwordminlength PASSWORDMINLENGTH tokenttlseconds tokenurl secretkeyref secretsmanager secretstore
  tokenizers tokenizerPath tokenization secretly compass monkey keyword
`)

/** Texts by the formats that they are written in. */
const FORMATS: Readonly<Record<string, (values: Readonly<Record<string, string>>) => Record<string, string>>> = {
  'app.json': (values) => ({ 'app.json': JSON.stringify(values) }),
  'app.yaml': (values) => ({ 'app.yaml': lines(values, ([key, value]) => `${key}: ${value}`) }),
  'app.toml': (values) => ({ 'app.toml': lines(values, ([key, value]) => `${key} = "${value}"`) }),
  'app.env': (values) => ({ 'app.env': lines(values, ([key, value]) => `${key}=${value}`) }),
  'app.properties': (values) => ({ 'app.properties': lines(values, ([key, value]) => `${key}=${value}`) }),
  'app.ini': (values) => ({ 'app.ini': lines(values, ([key, value]) => `${key} = ${value}`) }),
  'a file for each': (values) => ({ ...values }),
}

function namesIn(text: string): string[] {
  return text.trim().split(/\s+/)
}

function lines(values: Readonly<Record<string, string>>, lineOf: (entry: [string, string]) => string): string {
  return Object.entries(values).map(lineOf).join('\n')
}

/** What the history says of every name, by the name. */
async function shownValues(format: string): Promise<Record<string, unknown>> {
  const files = (text: string): Record<string, string> =>
    FORMATS[format]?.(Object.fromEntries([...SECRETS, ...OTHERS].map((name, index) => [name, `${text} ${index}.`]))) ??
    {}
  const source = drivenSource<string>('first', { reading: (text) => ({ entries: fileEntries(files(text)) }) })
  await using config = await createHotConfig({ sources: source, logger: false })
  source.set('second')
  expect(await config.reload()).toBe('changed')
  const [entry] = config.history()
  if (entry?.type !== 'change') return expect.fail('nothing changed')
  return Object.fromEntries(entry.differences.map(({ path, after }) => [path, after]))
}

describe('a name', () => {
  it.each(Object.keys(FORMATS))('of a secret hides its value without a mark, and others do not: %s', async (format) => {
    const shown = await shownValues(format)
    const hidden = Object.keys(shown).filter((name) => shown[name] === '[redacted]')
    expect(new Set(hidden)).toEqual(new Set(SECRETS))
    expect(Object.keys(shown)).toHaveLength(SECRETS.length + OTHERS.length)
  })

  it('counts at any depth, and hides everything below it', async () => {
    const source = drivenSource({ a: [{ tokens: { one: { deep: 'first' } }, maxTokens: 1 }] })
    await using config = await createHotConfig({ sources: source, logger: false })
    source.set({ a: [{ tokens: { one: { deep: 'second' }, two: 'third' }, maxTokens: 2 }] })
    await config.reload()
    expect(config.history()).toMatchObject([
      {
        differences: [
          { path: 'a[0].maxTokens', before: 1, after: 2 },
          { path: 'a[0].tokens', before: '[redacted]', after: '[redacted]' },
        ],
      },
    ])
  })
})
