import { expect, test } from 'bun:test'
import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { retryInfo } from '@marquee/connect-hono/errors/retry-info'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { NotSentError } from '@marquee/http/http2/client/port'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import {
  backOffMs,
  createRetryPolicy,
  type FailedAttempt,
  retriesMax,
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
  const byDetails = new ConnectError('full', Code.Unavailable)
  byDetails.details = retryInfo(1_000)
  for (const error of [byMetadata, byDetails]) {
    expect(policy.failed({ ...attempt, error })).toBeUndefined()
    expect(policy.failed({ ...attempt, error, hasOther: true })).toBe(backOffMs / 2)
  }
})

test('the wait before a retry is random and its bound doubles', () => {
  expect(createRetryPolicy(() => 0.5).failed(attempt)).toBe(backOffMs / 2)
  expect(createRetryPolicy(() => 0.5).failed({ ...attempt, retryCount: 1 })).toBe(backOffMs)
})

test('no call is retried below half of the tokens, until calls succeed', () => {
  const policy = createRetryPolicy(() => 0)
  const isRepeated = () => policy.failed(attempt) !== undefined
  const repeats = Array.from({ length: retryTokensMax / 2 + 1 }, isRepeated)
  expect(repeats.lastIndexOf(true)).toBe(retryTokensMax / 2 - 2)
  expect(repeats.indexOf(false)).toBe(retryTokensMax / 2 - 1)
  for (let token = 0; token < 2.5; token += retryTokensPerSuccess) policy.succeeded()
  expect(policy.failed(attempt)).toBe(0)
})

test('an attempt that sent nothing takes no token and needs none', () => {
  const policy = createRetryPolicy(() => 0)
  for (let index = 0; index < 20; index++) policy.failed({ ...attempt, error: notSent })
  expect(policy.failed(attempt)).toBe(0)
  for (let index = 0; index < 20; index++) policy.failed(attempt)
  expect(policy.failed({ ...attempt, error: notSent })).toBe(0)
})
