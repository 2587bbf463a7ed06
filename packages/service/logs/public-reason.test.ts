import { expect, test } from 'bun:test'
import { publicReason } from './public-reason.ts'

test.each([
  ['connect ECONNREFUSED 10.1.2.3:5432', 'connect ECONNREFUSED …'],
  ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED …'],
  ['connect ETIMEDOUT fe80::1:2:3', 'connect ETIMEDOUT …'],
  ['cannot reach http://[::1]:8081: it is late', 'cannot reach … it is late'],
  ['getaddrinfo ENOTFOUND db.internal', 'getaddrinfo ENOTFOUND …'],
  ['postgres://marquee:hunter2@db/x is away', '… is away'],
  ['Consul at consul-1.dc:8500 does not answer', 'Consul at … does not answer'],
  ['no broker of kafka:9092, [fe80::1]:9092 answers', 'no broker of …, … answers'],
  [
    'password authentication failed for user "marquee"',
    'password authentication failed for user …',
  ],
  ['database "ratings" does not exist', 'database … does not exist'],
  ['/var/lib/marquee/rating.db: the disk is full', 'rating.db: the disk is full'],
  ["cannot open '/data/rating.db-wal'", "cannot open 'rating.db-wal'"],
])('%s', (reason, expected) => {
  expect(publicReason(reason)).toBe(expected)
})

test.each([
  'no instance of metadata is known',
  'no response within 1000 ms',
  'partition 0 of ratings has not been read since 2026-11-28T20:05:29.123Z',
  'rating.db is damaged: restore it from a backup (see docs/operations.md)',
  'the event log is another one: start with --log-identity accept-new',
  'shutting down',
])('%s is not changed', (reason) => {
  expect(publicReason(reason)).toBe(reason)
})

test('a long reason is cut', () => {
  expect(publicReason('é'.repeat(1_000)).length).toBeLessThan(300)
})
