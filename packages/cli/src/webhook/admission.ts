import type { Issue } from '@hot-config/core'
import { describePlace, ownAt } from '@hot-config/core/internal'

import { keysOf } from '../cluster/api-object.js'
import type { ApiObject } from '../cluster/api-object.js'
import type { SourceContent, ValidateResult } from '../schemas/messages.js'
import { describeUnknownPath } from '../schemas/describe-unknown-path.js'

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

/** @returns `undefined` for what is no AdmissionReview, or has an object that the API server would never send */
export function requestIn(text: string): AdmissionRequest | undefined {
  let review: unknown
  try {
    review = JSON.parse(text)
  } catch {
    return undefined
  }
  const request = ownAt(review, 'request')
  const isRequest =
    typeof ownAt(request, 'uid') === 'string' &&
    isObjectOrNothing(ownAt(request, 'object')) &&
    isObjectOrNothing(ownAt(request, 'oldObject'))
  return isRequest ? (request as AdmissionRequest) : undefined
}

function isObjectOrNothing(object: unknown): boolean {
  if (object === undefined || object === null) return true
  const metadata = ownAt(object, 'metadata')
  return (
    typeof ownAt(object, 'kind') === 'string' &&
    (metadata === undefined || isObject(metadata)) &&
    [ownAt(metadata, 'name'), ownAt(metadata, 'namespace')].every((text) => text === undefined || isText(text)) &&
    [ownAt(object, 'data'), ownAt(object, 'binaryData')].every(isTextsOrNothing)
  )
}

function isTextsOrNothing(data: unknown): boolean {
  return data === undefined || data === null || (isObject(data) && Object.values(data).every(isText))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

export function nameOf(object: AdmissionObject): string {
  return object.metadata?.name ?? ''
}

/** The keys of a ConfigMap or Secret, as the API server has them. */
export function contentOf(object: AdmissionObject): SourceContent {
  const { kind } = object
  return { name: `${kind} ${nameOf(object)}`, keys: keysOf(kind, object), isSecret: kind === 'Secret' }
}

/** Rejects content with problems, unless it is unchanged, and warns about the rest. */
export function responseTo(
  uid: string,
  { issues, warnings, unknownPaths, pendingRestart }: ValidateResult,
  isUnchanged: boolean,
): AdmissionResponse {
  const texts = [
    ...(isUnchanged ? issues : []).map(describe),
    ...warnings.map(describe),
    ...unknownPaths.map(describeUnknownPath),
    ...pendingRestart.map((path) => `${path} changes only with a restart of the pods`),
  ].map((text) => (text.length > MAX_WARNING_LENGTH ? `${text.slice(0, MAX_WARNING_LENGTH - 3)}...` : text))
  const noted = texts.length > 0 ? { warnings: texts } : {}
  if (issues.length === 0 || isUnchanged) return { uid, allowed: true, ...noted }
  const message = issues.map(describe).join('; ')
  return { uid, allowed: false, ...noted, status: { code: 422, reason: 'Invalid', message } }
}

/** `app.yaml:3:7 log.level must be ...` */
function describe({ path, message, ...place }: Omit<Issue, 'code'>): string {
  return [describePlace(place), path, message].filter(Boolean).join(' ')
}
