import type { CanaryHealth } from '../canary-health.js'
import { html } from './html.js'
import type { Html } from './html.js'

const CANARY_STATES: Readonly<Record<CanaryHealth['state'], string>> = {
  serving: 'served by this process',
  waiting: 'not served by this process',
  refused: 'rejected, the stable content serves',
  'taken-back': 'taken back, the stable content serves',
}

export function canaryText({ share, state, digest }: CanaryHealth): Html {
  const percent = `${Number((share * 100).toFixed(2))} %`
  return html`${CANARY_STATES[state]}, share ${percent}${digest !== null && html` <code>${digest}</code>`}`
}
