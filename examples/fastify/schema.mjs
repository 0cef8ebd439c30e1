/** What the service's configuration must be. */
export const schema = {
  release: { doc: 'Counts up with every edit of the ConfigMap', format: 'nat', default: 0 },
  log: {
    level: { doc: 'How much is logged', format: ['debug', 'info', 'warn', 'error', 'silent'], default: 'info' },
  },
  greeting: {
    text: { doc: 'What visitors are greeted with', format: String, default: 'Hello' },
    languages: { doc: 'What visitors may speak', format: Array, default: ['en'] },
    shout: { doc: 'Whether to raise the voice', format: Boolean, default: false, env: 'GREETER_SHOUT' },
  },
  limits: {
    release: { doc: 'The same, in the other file', format: 'nat', default: 0 },
    maxNameLength: { doc: 'Longer names are refused', format: 'nat', default: 20 },
  },
}
