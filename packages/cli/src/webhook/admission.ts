import type { Issue } from '@hot-config/core'

import type { SourceContent, ValidateResult } from '../schemas/messages.js'

/** The part of an AdmissionReview of `admission.k8s.io/v1` that is used here. */
export interface AdmissionRequest {
  readonly uid: string
  readonly object?: AdmissionObject | null
  readonly oldObject?: AdmissionObject | null
}

interface AdmissionObject {
  readonly kind: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly data?: Readonly<Record<string, string>> | null
  readonly binaryData?: Readonly<Record<string, string>> | null
}

export interface AdmissionResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly warnings?: readonly string[]
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string }
}

/** kubectl cuts longer warnings. */
const MAX_WARNING_LENGTH = 120

/** @returns `undefined` for what is no AdmissionReview */
export function requestIn(text: string): AdmissionRequest | undefined {
  try {
    const { request } = JSON.parse(text) as { request?: AdmissionRequest }
    return typeof request?.uid === 'string' ? request : undefined
  } catch {
    return undefined
  }
}

export function nameOf(object: AdmissionObject): string {
  return object.metadata?.name ?? ''
}

/** The keys of a ConfigMap or Secret, as the API server has them. */
export function contentOf(object: AdmissionObject): SourceContent {
  const isSecret = object.kind === 'Secret'
  const entries = [
    ...Object.entries(object.data ?? {}).map(([key, text]) => ({ key, bytes: bytesOf(text, isSecret) })),
    ...Object.entries(object.binaryData ?? {}).map(([key, text]) => ({ key, bytes: bytesOf(text, true) })),
  ]
  return { name: `${object.kind} ${nameOf(object)}`, keys: entries, isSecret }
}

function bytesOf(text: string, isBase64: boolean): Buffer {
  return Buffer.from(text, isBase64 ? 'base64' : 'utf8')
}

/** Rejects content with problems, and warns about the rest. */
export function responseTo(uid: string, { issues, warnings, pendingRestart }: ValidateResult): AdmissionResponse {
  const texts = [
    ...warnings.map(describe),
    ...pendingRestart.map((path) => `${path} changes only with a restart of the pods`),
  ].map((text) => (text.length > MAX_WARNING_LENGTH ? `${text.slice(0, MAX_WARNING_LENGTH - 3)}...` : text))
  const noted = texts.length > 0 ? { warnings: texts } : {}
  if (issues.length === 0) return { uid, allowed: true, ...noted }
  const message = issues.map(describe).join('; ')
  return { uid, allowed: false, ...noted, status: { code: 422, reason: 'Invalid', message } }
}

/** `app.yaml:3:7 log.level must be ...` */
function describe({ file, line, column, path, message }: Omit<Issue, 'code'>): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  return [place, path, message].filter(Boolean).join(' ')
}
