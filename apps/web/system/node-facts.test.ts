import { expect, test } from 'bun:test'
import { type Monitor, monitorAfter } from './monitor.ts'
import { edgeFacts, serviceFacts } from './node-facts.ts'
import { activityAt, instanceWith, reportAt, unreachable } from './testing/reports.ts'

const megabyte = 1_000_000n

function instance(id: string, startSeconds: number, megabytes: bigint) {
  const activity = { ...activityAt(9, {}, { startSeconds }), memoryBytes: megabytes * megabyte }
  return instanceWith(id, activity)
}

function monitorOf(movie: readonly ReturnType<typeof instance>[], rating: typeof movie): Monitor {
  const report = reportAt(9, movie, 'movie')
  const services = [...report.services, ...reportAt(9, rating).services]
  return monitorAfter(undefined, { ...report, services })
}

test('services that started in the same millisecond on one host share the memory of a process', () => {
  const shared = monitorOf([instance('1', 5, 131n)], [instance('2', 5, 131n)])
  expect(serviceFacts(shared, 'movie')).toEqual({
    ...{ health: 'serving', up: '1 of 1 up', memory: '131 MB shared' },
  })
  const apart = monitorOf([instance('1', 5, 131n)], [instance('2', 6, 90n)])
  expect(serviceFacts(apart, 'rating').memory).toBe('90 MB')
})

test('a service of which one instance is down is degraded, with the memory of the others', () => {
  const rating = [instance('2', 5, 90n), unreachable(instance('3', 6, 200n)), instance('4', 7, 95n)]
  expect(serviceFacts(monitorOf([], rating), 'rating')).toEqual({
    ...{ health: 'not-serving', up: '2 of 3 up', memory: 'up to 95 MB' },
  })
  expect(serviceFacts(monitorOf([], rating), 'movie')).toEqual({
    ...{ health: 'unreachable', up: 'no instances', memory: '' },
  })
})

test('an edge of events says nothing about a service that does not respond', () => {
  const down = monitorOf([], [unreachable(instance('2', 5, 90n))])
  expect(edgeFacts(down, 'events-rating')).toMatchObject({ above: '–', below: '', failing: true })
  expect(edgeFacts(down, 'rating-deadLetters')).toMatchObject({ above: '–', below: '' })
})
