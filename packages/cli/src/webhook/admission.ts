import type { Issue } from '@hot-config/core'
import { describePlace } from '@hot-config/core/internal'

import { keysOf } from '../cluster/api-object.js'
import type { ApiObject } from '../cluster/api-object.js'
import type { SourceContent, ValidateResult } from '../schemas/messages.js'

/** The part of an AdmissionReview of `admission.k8s.io/v1` that is used here. */
export interface AdmissionRequest {
  readonly uid: string
  readonly object?: AdmissionObject | null
  readonly oldObject?: AdmissionObject | null
}

interface AdmissionObject extends Pick<ApiObject, 'data' | 'binaryData'> {
  readonly kind: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
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
  const { kind } = object
  return { name: `${kind} ${nameOf(object)}`, keys: keysOf(kind, object), isSecret: kind === 'Secret' }
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
function describe({ path, message, ...place }: Omit<Issue, 'code'>): string {
  return [describePlace(place), path, message].filter(Boolean).join(' ')
}
