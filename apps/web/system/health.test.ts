import { expect, test } from 'bun:test'
import { healthOf, outages, problems, summary } from './health.ts'
import { activityAt, instanceWith, reportAt } from './testing/reports.ts'

const serving = instanceWith('81', activityAt(1, {}))
const unreachable = instanceWith('82', undefined)

test('a system without problems is operational', () => {
  const report = reportAt(1, [serving])
  expect(summary(report)).toBe('All systems operational · 1 of 1 up')
  expect(problems(report)).toEqual([])
})

test('unreachable instances are named with the reason, unless the status strip names the only one', () => {
  const report = reportAt(1, [serving, unreachable])
  expect(summary(report)).toBe('Degraded · 1 of 2 up')
  expect(problems(report)).toEqual([])
  const other = instanceWith('83', undefined)
  expect(problems(reportAt(1, [serving, unreachable, other]))).toEqual([
    'rating at http://10.0.0.1:8082 is unreachable: refused',
    'rating at http://10.0.0.1:8083 is unreachable: refused',
  ])
})

test('an outage has its reason and its age', () => {
  const refused = { ...unreachable, unreachableReason: 'cannot reach it: connect ECONNREFUSED' }
  expect(outages(reportAt(14, [refused]))).toEqual([
    { service: 'rating', text: 'rating is down (connection refused)', seconds: 14 },
  ])
  expect(outages(reportAt(14, [serving]))).toEqual([])
  expect(outages(reportAt(14, []))).toEqual([
    { service: 'rating', text: 'rating has no known instances', seconds: undefined },
  ])
})

test('an instance that has not been checked yet is no problem', () => {
  const report = reportAt(1, [serving, { ...serving, health: 0 }])
  expect(summary(report)).toBe('Loading…')
  expect(problems(report)).toEqual([])
})

test('the address of an instance is shown once', () => {
  const unreachableReason = `cannot reach ${unreachable.url}: connect ECONNREFUSED`
  const instance = { ...unreachable, unreachableReason }
  const [first] = problems(reportAt(1, [instance, instance]))
  expect(first).toBe(`rating at ${unreachable.url} is unreachable: connect ECONNREFUSED`)
})

test('a service without instances is a problem', () => {
  const report = reportAt(1, [])
  expect(summary(report)).toBe('No known instances')
  const services = [...report.services, ...reportAt(1, [], 'movie').services]
  expect(problems({ ...report, services })).toEqual([
    'rating has no known instances.',
    'movie has no known instances.',
  ])
})

test('a problem is shown once, also one of ingestion', () => {
  const activity = activityAt(1, {}, { appliedCount: 0n })
  const failure = 'the broker is down'
  const failing = { ...activity, ingestion: { ...activity.ingestion, failure } }
  const reported = [{ name: 'ingest', reason: failure, affectsCalls: false }]
  const problemsWith = (change: object) =>
    problems(reportAt(1, [{ ...serving, activity: { ...failing, ...change } } as never]))
  expect(problemsWith({})).toEqual(['rating, ingestion: the broker is down'])
  expect(problemsWith({ problems: reported })).toEqual(['rating, ingest: the broker is down'])
})

test('a health value that only a newer server knows is unknown', () => {
  expect(healthOf({ ...serving, health: 99 as never })).toBe('unknown')
})
