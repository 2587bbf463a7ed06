import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { ServiceReportSchema } from '../../../gen/system/v1/system_pb.ts'
import { healthOf, summary, troubles } from './health.ts'
import { activityAt, instanceWith, reportAt } from './testing/reports.ts'

const serving = instanceWith('81', activityAt(1, {}))
const away = instanceWith('82', undefined)

test('a system without trouble says so in one sentence', () => {
  const { services } = reportAt(1, [serving])
  expect(summary(services)).toBe('All systems operational · 1 of 1 up')
  expect(troubles(services)).toEqual([])
})

test('an instance that cannot be reached is named with the reason', () => {
  const { services } = reportAt(1, [serving, away])
  expect(summary(services)).toBe('Degraded · 1 of 2 up')
  expect(troubles(services)).toEqual(['rating at http://10.0.0.1:8082 is unreachable: refused'])
})

test('an instance that was not asked yet is no trouble', () => {
  const { services } = reportAt(1, [serving, { ...serving, health: 0 }])
  expect(summary(services)).toBe('Loading…')
  expect(troubles(services)).toEqual([])
})

test('the address of an instance is told once', () => {
  const unreachableReason = `cannot reach ${away.url}: connect ECONNREFUSED`
  const { services } = reportAt(1, [{ ...away, unreachableReason }])
  expect(troubles(services)).toEqual(['rating is unreachable: connect ECONNREFUSED'])
})

test('a service of which nothing is known is trouble', () => {
  const { services } = reportAt(1, [])
  expect(summary(services)).toBe('No known instances')
  expect(troubles(services)).toEqual(['rating has no known instances.'])
})

test('problems are told once, those of ingestion too', () => {
  const activity = activityAt(1, {}, { appliedCount: 0n })
  const failure = 'the broker is away'
  const told = { ...activity, ingestion: { ...activity.ingestion, failure } }
  const problems = [{ name: 'ingest', reason: failure, affectsCalls: false }]
  const trouble = (change: object) =>
    troubles([
      create(ServiceReportSchema, {
        service: 'rating',
        instances: [{ ...serving, activity: { ...told, ...change } } as never],
      }),
    ])
  expect(trouble({})).toEqual(['rating, ingestion: the broker is away'])
  expect(trouble({ problems })).toEqual(['rating, ingest: the broker is away'])
})

test('a health that only a newer server knows is unknown', () => {
  expect(healthOf({ ...serving, health: 99 as never })).toBe('unknown')
})
