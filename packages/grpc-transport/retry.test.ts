import { expect, test } from 'bun:test'
import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { NotSentError } from '@marquee/http/http2/client/port'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import {
  backOffMs,
  createRetryPolicy,
  type FailedAttempt,
  retriesMax,
  retryTokensInitial,
  retryTokensMax,
  retryTokensPerSuccess,
} from './retry.ts'

const down = new ConnectError('down', Code.Unavailable)
const notSent = new ConnectError('refused', Code.Unavailable, {}, [], new NotSentError())
const attempt: FailedAttempt = {
  error: down,
  method: RatingService.method.getRating,
  retryCount: 0,
  remainingMs: 1_000,
  hasOther: false,
}

test.each<[string, DescMethod, boolean]>([
  ['a unary call without side effects', RatingService.method.getRating, true],
  ['an idempotent unary call', RatingService.method.putRating, true],
  ['a unary call that says nothing of it', Health.method.check, false],
  ['a server stream', RatingService.method.watchAggregatedRatings, false],
  ['a client stream', RatingService.method.importRatings, false],
])('%s is repeated or not', (_, method, isRepeated) => {
  for (const error of [down, notSent]) {
    const waitMs = createRetryPolicy(() => 0.5).failed({ ...attempt, method, error })
    expect(waitMs !== undefined).toBe(isRepeated)
  }
})

test('only UNAVAILABLE is retried', () => {
  const codes = Object.values(Code).filter((code) => typeof code === 'number')
  const repeated = codes.filter((code) => {
    const error = new ConnectError('no', code)
    return createRetryPolicy(() => 0).failed({ ...attempt, error }) !== undefined
  })
  expect(repeated).toEqual([Code.Unavailable])
})

test('the number of retries can be configured', () => {
  expect(createRetryPolicy(() => 0, 0).failed(attempt)).toBeUndefined()
  expect(createRetryPolicy(() => 0, 5).failed({ ...attempt, retryCount: 4 })).toBe(0)
  expect(createRetryPolicy(() => 0, 5).failed({ ...attempt, retryCount: 5 })).toBeUndefined()
})

test('a call is not retried beyond its retries or its deadline', () => {
  const policy = createRetryPolicy(() => 0.5)
  expect(policy.failed({ ...attempt, retryCount: retriesMax })).toBeUndefined()
  expect(policy.failed({ ...attempt, remainingMs: backOffMs / 2 })).toBeUndefined()
})

test('a call refused with pushback is retried on another instance only', () => {
  const policy = createRetryPolicy(() => 0.5)
  const byMetadata = new ConnectError('full', Code.Unavailable, {
    'grpc-retry-pushback-ms': '1000',
  })
  expect(policy.failed({ ...attempt, error: byMetadata })).toBeUndefined()
  expect(policy.failed({ ...attempt, error: byMetadata, hasOther: true })).toBe(backOffMs / 2)
})

test('the wait before a retry is random and its bound doubles', () => {
  expect(createRetryPolicy(() => 0.5).failed(attempt)).toBe(backOffMs / 2)
  expect(createRetryPolicy(() => 0.5).failed({ ...attempt, retryCount: 1 })).toBe(backOffMs)
})

test('a service that fails entirely gets few retries, at once or one after the other', () => {
  const atOnce = createRetryPolicy(() => 0)
  const retries = Array.from({ length: 200 }, () => atOnce.failed(attempt))
  expect(retries.filter((waitMs) => waitMs !== undefined)).toHaveLength(retryTokensInitial)

  const inTurn = createRetryPolicy(() => 0)
  for (let index = 0; index < 10_000; index++) inTurn.succeeded(0)
  let retryCount = 0
  for (let call = 0; call < 200; call++) {
    for (let count = 0; inTurn.failed({ ...attempt, retryCount: count }) === 0; count++) {
      retryCount++
    }
  }
  expect(retryCount).toBeLessThan(20)
})

test('the calls in flight at a crash are repeated, and their tokens come back', () => {
  const policy = createRetryPolicy(() => 0)
  const successes = Math.ceil((retryTokensMax - retryTokensInitial) / retryTokensPerSuccess)
  for (let index = 0; index < successes; index++) policy.succeeded(0)
  for (let crash = 0; crash < 3; crash++) {
    for (let index = 0; index < retryTokensMax - 1; index++) {
      expect(policy.failed({ ...attempt, hasOther: true })).toBe(0)
    }
    for (let index = 0; index < retryTokensMax - 1; index++) policy.succeeded(1)
  }
})

test('a retry returns its token when the service responds with another error', () => {
  const policy = createRetryPolicy(() => 0)
  const error = new ConnectError('nobody rated it', Code.NotFound)
  for (let call = 0; call < 10 * retryTokensInitial; call++) {
    expect(policy.failed(attempt)).toBe(0)
    expect(policy.failed({ ...attempt, error, retryCount: 1 })).toBeUndefined()
  }
})

test('an attempt that sent nothing takes no token while another instance is in use', () => {
  const policy = createRetryPolicy(() => 0)
  const free = { ...attempt, error: notSent, hasOther: true }
  for (let index = 0; index < 1_000; index++) expect(policy.failed(free)).toBe(0)
  const paid = { ...attempt, error: notSent }
  const retries = Array.from({ length: 200 }, () => policy.failed(paid))
  expect(retries.filter((waitMs) => waitMs !== undefined)).toHaveLength(retryTokensInitial)
  expect(policy.failed(free)).toBe(0)
})
