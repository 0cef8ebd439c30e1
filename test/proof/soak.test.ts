import { writeFileSync } from 'node:fs'

import { describe, expect } from 'vitest'

import { proof } from './proof.ts'
import { FRAMEWORKS } from './soak/soak-app.ts'
import { growthsOf, maxGrowth, soak } from './soak/soak.ts'

/** Where `npm run soak` reads what was measured. */
const reportFile = process.env['HOT_CONFIG_SOAK_REPORT']

describe('apps on all frameworks, under load while updates and faults go on', () => {
  proof(
    'soak: fail no request, grow by nothing and serve the last content',
    {
      proves: ['one-request', 'nothing-leaks', 'guard-takes-back', 'api-recovers', 'never-torn'],
      unit: 'seconds',
      small: 15,
      large: 1_200,
    },
    async ({ size, seed, count }) => {
      const report = await soak(size, seed)
      const growths = growthsOf(report)
      const bounds = maxGrowth(size)
      if (reportFile !== undefined) writeFileSync(reportFile, JSON.stringify({ ...report, growths, bounds }))
      count(Math.round(report.minutes * 60))
      expect(report.problems).toEqual([])
      expect(report.requests.failed).toBe(0)
      expect(report.requests.spoiled).toBeGreaterThan(0)
      for (const framework of FRAMEWORKS) {
        const { heapUsed, fds, handles } = growths[framework]
        expect(heapUsed, `${framework}: bytes of the heap`).toBeLessThanOrEqual(bounds.heapUsed)
        expect(fds, `${framework}: open files`).toBeLessThanOrEqual(bounds.fds)
        expect(handles, `${framework}: handles`).toBeLessThanOrEqual(bounds.handles)
      }
    },
  )
})
