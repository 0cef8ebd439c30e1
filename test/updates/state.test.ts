import { INITIAL, isRepeated, reduce } from '@hot-config/core/internal'
import type { Outcome, State } from '@hot-config/core/internal'
import { array, assert, constant, constantFrom, integer, nat, oneof, property, record, tuple } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'

/**
 * What happens to a configuration: a check finds nothing new, a valid update or an invalid one; the update that is being
 * prepared is swapped in or vetoed.
 */
type Event =
  | { readonly type: 'same' }
  | { readonly type: 'valid'; readonly value: number; readonly pending: string[]; readonly revisions: string[] }
  | { readonly type: 'invalid'; readonly message: string; readonly revisions: string[] }
  | { readonly type: 'prepared' }
  | { readonly type: 'vetoed'; readonly message: string }

const revisions = array(constantFrom('r0', 'r1'), { maxLength: 1 })
const message = constantFrom('m0', 'm1')
const event: Arbitrary<Event> = oneof(
  record({ type: constant('same' as const) }),
  record({
    type: constant('valid' as const),
    value: integer({ min: 0, max: 2 }),
    pending: array(constantFrom('p0', 'p1'), { maxLength: 1 }),
    revisions,
  }),
  record({ type: constant('invalid' as const), message, revisions }),
  record({ type: constant('prepared' as const) }),
  record({ type: constant('vetoed' as const), message }),
)

interface View {
  readonly value: number | undefined
  readonly rejection: string | undefined
  readonly pending: readonly string[] | undefined
}

/**
 * A second implementation, which keeps what it has to remember in separate fields and no numbers of checks: whether the
 * rejection is newer than the update that is being prepared is a flag.
 */
class Fields {
  readonly log: unknown[] = []
  #value: number | undefined
  #pending: readonly string[] | undefined
  #rejection: { readonly message: string; readonly revisions: readonly string[] } | undefined
  #preparing: number | undefined
  #proposed: { readonly pending: readonly string[]; readonly revisions: readonly string[] } | undefined
  #isRejectionNewer = false

  get view(): View {
    return { value: this.#value, rejection: this.#rejection?.message, pending: this.#pending }
  }

  apply(event: Event): void {
    if (event.type === 'same' && this.#pending && !this.#rejection) {
      this.#preparing = undefined
      this.#isRejectionNewer = false
      this.#accept(this.#pending, 'unchanged')
    }
    if (event.type === 'valid') this.#valid(event)
    if (event.type === 'invalid') {
      this.#isRejectionNewer = true
      this.#reject(event.message, event.revisions, true)
    }
    if (this.#preparing === undefined) return
    if (event.type === 'prepared') this.#swap(this.#preparing)
    if (event.type === 'vetoed') {
      this.#preparing = undefined
      this.#reject(event.message, this.#proposed?.revisions ?? [], !this.#isRejectionNewer)
    }
  }

  #valid({ value, pending, revisions }: Extract<Event, { type: 'valid' }>): void {
    this.#proposed = { pending, revisions }
    this.#isRejectionNewer = false
    if (this.#value === undefined) this.#swap(value)
    else if (value !== this.#value) this.#preparing = value
    else {
      this.#preparing = undefined
      this.#accept(pending, 'unchanged')
    }
  }

  #swap(value: number): void {
    this.#value = value
    this.#preparing = undefined
    this.#accept(this.#proposed?.pending ?? [], 'changed')
  }

  #accept(pending: readonly string[], type: string): void {
    if (!this.#isRejectionNewer) this.#rejection = undefined
    this.#pending = pending
    this.log.push(type)
  }

  #reject(message: string, revisions: readonly string[], isNewest: boolean): void {
    const isSame =
      revisions.length > 0 &&
      this.#rejection?.message === message &&
      this.#rejection.revisions.join() === revisions.join()
    if (isNewest && !isSame) this.#rejection = { message, revisions }
    this.log.push(isSame ? 'rejected again' : 'rejected')
  }
}

/** Drives the reducer the way that the updater does: each check has a number, which its update keeps while it is prepared. */
class Numbered {
  readonly log: unknown[] = []
  #state: State<number> = INITIAL
  #check = 0
  #preparing: { readonly value: number; from: Extract<Event, { type: 'valid' }>; check: number } | undefined

  get view(): View {
    const { snapshot, rejected, origin } = this.#state
    return { value: snapshot?.value, rejection: rejected?.rejection.message, pending: origin?.pendingRestart }
  }

  apply(event: Event): void {
    if (event.type === 'same' && this.#state.origin && !this.#state.rejected) {
      this.#preparing = undefined
      this.#take({ type: 'unchanged', origin: this.#state.origin, check: checkOf(++this.#check) })
    }
    if (event.type === 'valid') this.#valid(event, ++this.#check)
    if (event.type === 'invalid') this.#take(rejectionOf(event.message, event.revisions, ++this.#check))
    if (!this.#preparing) return
    const { value, from, check } = this.#preparing
    if (event.type === 'prepared') this.#swap(value, from, check)
    if (event.type === 'vetoed') {
      this.#preparing = undefined
      this.#take(rejectionOf(event.message, from.revisions, check))
    }
  }

  #valid(from: Extract<Event, { type: 'valid' }>, check: number): void {
    const { snapshot } = this.#state
    if (!snapshot) this.#swap(from.value, from, check)
    else if (from.value !== snapshot.value) this.#preparing = { value: from.value, from, check }
    else {
      this.#preparing = undefined
      this.#take({ type: 'unchanged', origin: originOf(from.pending), check: checkOf(check) })
    }
  }

  #swap(value: number, { pending }: Extract<Event, { type: 'valid' }>, check: number): void {
    this.#preparing = undefined
    const snapshot = { value, version: (this.#state.snapshot?.version ?? 0) + 1, digest: '', loadedAt: '' }
    const origin = originOf(pending)
    this.#take({ type: 'changed', origin, check: checkOf(check), snapshot, change: undefined })
  }

  #take(outcome: Outcome<number>): void {
    const before = this.#state
    this.#state = reduce(before, outcome)
    this.log.push(isRepeated(before, outcome) ? 'rejected again' : outcome.type)
  }
}

function checkOf(number: number): Outcome<number>['check'] {
  return { number, stopwatch: undefined as never, readAt: undefined }
}

function originOf(pendingRestart: readonly string[]): NonNullable<State<number>['origin']> {
  return { layers: [], tree: {}, warnings: [], pinnedByEnvironment: [], overriders: new Map(), pendingRestart }
}

function rejectionOf(message: string, revisions: readonly string[], check: number): Outcome<number> {
  const rejection = { at: '', message, issues: [], error: undefined as never }
  return { type: 'rejected', check: checkOf(check), rejection, revisions }
}

describe('the state of a configuration', () => {
  it('is the same as that of a second implementation after any events, and so is what is reported', () => {
    assert(
      property(array(event, { maxLength: 40, size: 'max' }), (events) => {
        const [fields, numbered] = [new Fields(), new Numbered()]
        for (const next of events) {
          fields.apply(next)
          numbered.apply(next)
          expect(numbered.view).toEqual(fields.view)
        }
        expect(numbered.log).toEqual(fields.log)
      }),
      { numRuns: 5_000 },
    )
  })

  it('serves a value forever once there is one, and only a newer check ends a rejection', () => {
    assert(
      property(array(tuple(constantFrom('changed', 'unchanged', 'rejected'), nat(20))), (steps) => {
        let state: State<number> = INITIAL
        for (const [type, check] of steps) {
          const before = state
          const snapshot = { value: check, version: 1, digest: '', loadedAt: '' }
          if (type === 'changed') {
            state = reduce(state, { type, check: checkOf(check), origin: undefined, snapshot, change: undefined })
          }
          if (type === 'unchanged') state = reduce(state, { type, check: checkOf(check), origin: before.origin })
          if (type === 'rejected') state = reduce(state, rejectionOf(`m${check}`, ['r'], check))
          if (before.snapshot) expect(state.snapshot).toBeDefined()
          if (type === 'rejected') expect(state.snapshot).toBe(before.snapshot)
          if (before.rejected && before.rejected.check > check) expect(state.rejected).toBe(before.rejected)
          if (type !== 'rejected' && before.rejected && before.rejected.check <= check) {
            expect(state.rejected).toBeUndefined()
          }
        }
      }),
    )
  })
})
