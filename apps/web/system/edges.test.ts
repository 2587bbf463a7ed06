import { expect, test } from 'bun:test'
import { eventTraffic, upstreamTraffic } from './edges.ts'
import { type Monitor, monitorAfter } from './monitor.ts'
import { activityAt, instanceWith, reportAt, unreachable } from './testing/reports.ts'

function movieAt(seconds: number, ok: number, unavailable: number) {
  const codes = [
    { code: 'ok', count: BigInt(ok) },
    { code: 'unavailable', count: BigInt(unavailable), fault: true },
  ]
  const clientCalls = [{ target: 'rating', codes, durationBuckets: [BigInt(ok), 0n, 0n] }]
  return instanceWith('1', activityAt(seconds, {}, { clientCalls }))
}

/** Reports of movie, with an instance of rating that responds or not. */
function monitorOf(isDown: boolean, unavailable: number): Monitor {
  const at = (seconds: number, ok: number, failed: number) => {
    const rating = instanceWith('2', activityAt(seconds, {}, { appliedCount: BigInt(5 * seconds) }))
    const report = reportAt(seconds, [movieAt(seconds, ok, failed)], 'movie')
    const others = reportAt(seconds, [isDown ? unreachable(rating) : rating])
    return { ...report, services: [...report.services, ...others.services] }
  }
  return monitorAfter(monitorAfter(undefined, at(1, 0, 0)), at(2, 20, unavailable))
}

test('an edge carries the rate, p95 and errors of the calls to its service', () => {
  expect(upstreamTraffic(monitorOf(false, 0), 'rating')).toEqual({
    ...{ perSecond: 20, p95: 9.5, faultPercent: 0, failing: false },
  })
  expect(upstreamTraffic(monitorOf(false, 5), 'rating')).toMatchObject({
    ...{ perSecond: 25, faultPercent: 20, failing: true },
  })
})

test('an edge to a service that does not respond is failing, also without calls', () => {
  expect(upstreamTraffic(monitorOf(true, 0), 'rating').failing).toBe(true)
  expect(upstreamTraffic(monitorOf(false, 0), 'metadata').failing).toBe(true)
})

test('the edge of events carries their rate, unless rating does not respond', () => {
  expect(eventTraffic(monitorOf(false, 0))).toEqual({ perSecond: 5, failing: false })
  expect(eventTraffic(monitorOf(true, 0))).toEqual({ perSecond: undefined, failing: true })
})
