/** The schema of the service's configuration. */
export const schema = {
  release: { doc: 'Counted up with every edit of the ConfigMap', format: 'nat', default: 0 },
  log: {
    level: { doc: 'How much is logged', format: ['debug', 'info', 'warn', 'error', 'silent'], default: 'info' },
  },
  greeting: {
    text: { doc: 'The greeting', format: String, default: 'Hello' },
    languages: { doc: 'The languages that visitors may speak', format: Array, default: ['en'] },
    shout: { doc: 'Whether to answer in capital letters', format: Boolean, default: false, env: 'GREETER_SHOUT' },
  },
  limits: {
    release: { doc: 'The same number, in the other file', format: 'nat', default: 0 },
    maxNameLength: { doc: 'Longer names are rejected', format: 'nat', default: 20 },
  },
}
