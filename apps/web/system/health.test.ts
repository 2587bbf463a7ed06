import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { ServiceReportSchema } from '@marquee/client/system'
import { healthOf, outages, problems, summary } from './health.ts'
import { activityAt, instanceWith, reportAt } from './testing/reports.ts'

const serving = instanceWith('81', activityAt(1, {}))
const unreachable = instanceWith('82', undefined)

test('a system without problems is operational', () => {
  const report = reportAt(1, [serving])
  const { services } = report
  expect(summary(report)).toBe('All systems operational · 1 of 1 up')
  expect(problems(services)).toEqual([])
})

test('an unreachable instance is named with the reason', () => {
  const { services } = reportAt(1, [serving, unreachable])
  expect(summary({ services })).toBe('Degraded · 1 of 2 up')
  expect(problems(services)).toEqual(['rating at http://10.0.0.1:8082 is unreachable: refused'])
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
  const { services } = reportAt(1, [serving, { ...serving, health: 0 }])
  expect(summary({ services })).toBe('Loading…')
  expect(problems(services)).toEqual([])
})

test('the address of an instance is shown once', () => {
  const unreachableReason = `cannot reach ${unreachable.url}: connect ECONNREFUSED`
  const { services } = reportAt(1, [{ ...unreachable, unreachableReason }])
  expect(problems(services)).toEqual(['rating is unreachable: connect ECONNREFUSED'])
})

test('a service without instances is a problem', () => {
  const { services } = reportAt(1, [])
  expect(summary({ services })).toBe('No known instances')
  expect(problems(services)).toEqual(['rating has no known instances.'])
})

test('a problem is shown once, also one of ingestion', () => {
  const activity = activityAt(1, {}, { appliedCount: 0n })
  const failure = 'the broker is down'
  const failing = { ...activity, ingestion: { ...activity.ingestion, failure } }
  const reported = [{ name: 'ingest', reason: failure, affectsCalls: false }]
  const problemsWith = (change: object) =>
    problems([
      create(ServiceReportSchema, {
        service: 'rating',
        instances: [{ ...serving, activity: { ...failing, ...change } } as never],
      }),
    ])
  expect(problemsWith({})).toEqual(['rating, ingestion: the broker is down'])
  expect(problemsWith({ problems: reported })).toEqual(['rating, ingest: the broker is down'])
})

test('a health value that only a newer server knows is unknown', () => {
  expect(healthOf({ ...serving, health: 99 as never })).toBe('unknown')
})
