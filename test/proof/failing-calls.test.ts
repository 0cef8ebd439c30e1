import { chmodSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { expect } from 'vitest'

import { faultyCalls, hasFaultyCalls, order } from '../support/faulty-calls.ts'
import type { Orders } from '../support/faulty-calls.ts'
import { hasPermissions, withinPermissions } from '../support/permissions.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import {
  RECHECK_MS,
  endWhole,
  isServed,
  optionsFor,
  textOf,
  unreadable,
  useReadFolder,
  write,
} from '../support/read-outside.ts'
import { readerProcess } from '../support/reader-process.ts'
import { proof } from './proof.ts'

const used = useReadFolder()

const CODES = ['EIO', 'EACCES', 'ESTALE', 'ENOSPC', 'ENOMEM', 'ENOTCONN', 'EPERM', 'ENXIO', 'ETIMEDOUT']

proof(
  'calls to the system that fail, are slow or read less than they could leave the last good configuration or the newest',
  {
    proves: ['never-torn', 'never-stale', 'never-invalid', 'no-silence', 'nothing-leaks'],
    unit: 'faults',
    small: 20,
    large: 2_500,
    isSkipped: !hasFaultyCalls,
  },
  async ({ size, seed, count }) => {
    const random = randomNumbers(seed)
    const error = (): string => CODES[random(CODES.length)] as string
    await using reader = await readerProcess({
      options: optionsFor(used.below),
      env: faultyCalls(used.at('orders'), used.below),
    })
    const start = await reader.until(isServed(1))
    const orders = (given: Orders): void => order(used.at('orders'), given)
    const slow = (): Orders => ({ delayUs: random(1_000) })
    // a long text, also that of before, takes some hundred calls and not a hundred thousand
    const isLong = (n: number): boolean => textOf(n).length > 100 || textOf(n - 1).length > 100
    const short = (n: number): Orders => ({ shortRead: isLong(n) ? 500 + random(5_000) : 1 + random(4) })
    for (let n = 2; n < size + 2; n++) {
      const kind = random(4)
      if (kind === 0) {
        const given = { error: error() }
        await unreadable(reader, used.below, n, { begin: () => orders(given), end: () => orders({}) })
      } else if (kind === 1) {
        orders({ error: error(), perMille: 1 + random(500) })
        write(used.below, n - 0.5)
        await delay(random(10 * RECHECK_MS))
        orders({})
        await reader.until(isServed(n - 0.5))
        // once this serves, no check goes on that has met an error
        write(used.below, n)
        await reader.until(isServed(n))
      } else {
        const { rejections } = await reader.report()
        orders(kind === 2 ? slow() : short(n))
        write(used.below, n)
        const during = await reader.until(isServed(n))
        expect(during.rejections.slice(rejections.length)).toEqual([])
        orders({})
      }
      count()
    }
    await endWhole(reader, start)
  },
)

proof(
  'permissions that are taken and given leave the last good configuration and then the newest',
  {
    proves: ['never-stale', 'never-invalid', 'no-silence'],
    unit: 'faults',
    small: 10,
    large: 1_000,
    isSkipped: !hasPermissions,
  },
  async ({ size, seed, count }) => {
    const random = randomNumbers(seed)
    await using reader = await readerProcess({ options: optionsFor(used.below), within: withinPermissions })
    const start = await reader.until(isServed(1))
    const paths = ['below', 'below/mounted', 'below/plain', 'below/plain/d.yaml', 'below/one.json']
    for (let n = 2; n < size + 2; n++) {
      const path = used.at(paths[random(paths.length)] as string)
      const { mode } = statSync(path)
      await unreadable(reader, used.below, n, { begin: () => chmodSync(path, 0o000), end: () => chmodSync(path, mode) })
      count()
    }
    await endWhole(reader, start)
  },
)
