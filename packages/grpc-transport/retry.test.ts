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
  type FailedTry,
  retriesMax,
  retryTokensMax,
  retryTokensPerSuccess,
} from './retry.ts'

const down = new ConnectError('down', Code.Unavailable)
const notSent = new ConnectError('refused', Code.Unavailable, {}, [], new NotSentError())
const failedTry: FailedTry = {
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
    const waitMs = createRetryPolicy(() => 0.5).failed({ ...failedTry, method, error })
    expect(waitMs !== undefined).toBe(isRepeated)
  }
})

test('only UNAVAILABLE is tried again', () => {
  const codes = Object.values(Code).filter((code) => typeof code === 'number')
  const repeated = codes.filter((code) => {
    const error = new ConnectError('no', code)
    return createRetryPolicy(() => 0).failed({ ...failedTry, error }) !== undefined
  })
  expect(repeated).toEqual([Code.Unavailable])
})

test('how often a call is retried can be configured', () => {
  expect(createRetryPolicy(() => 0, 0).failed(failedTry)).toBeUndefined()
  expect(createRetryPolicy(() => 0, 5).failed({ ...failedTry, retryCount: 4 })).toBe(0)
  expect(createRetryPolicy(() => 0, 5).failed({ ...failedTry, retryCount: 5 })).toBeUndefined()
})

test('a call is not tried again past its retries or its deadline', () => {
  const policy = createRetryPolicy(() => 0.5)
  expect(policy.failed({ ...failedTry, retryCount: retriesMax })).toBeUndefined()
  expect(policy.failed({ ...failedTry, remainingMs: backOffMs / 2 })).toBeUndefined()
})

test('an overloaded instance is not called again, only another one', () => {
  const policy = createRetryPolicy(() => 0.5)
  const byMetadata = new ConnectError('full', Code.Unavailable, {
    'grpc-retry-pushback-ms': '1000',
  })
  const byDetails = new ConnectError('full', Code.Unavailable)
  byDetails.details = retryInfo(1_000)
  for (const error of [byMetadata, byDetails]) {
    expect(policy.failed({ ...failedTry, error })).toBeUndefined()
    expect(policy.failed({ ...failedTry, error, hasOther: true })).toBe(backOffMs / 2)
  }
})

test('the wait is random and its bound doubles', () => {
  expect(createRetryPolicy(() => 0.5).failed(failedTry)).toBe(backOffMs / 2)
  expect(createRetryPolicy(() => 0.5).failed({ ...failedTry, retryCount: 1 })).toBe(backOffMs)
})

test('nothing is tried again below half of the tokens, until calls succeed', () => {
  const policy = createRetryPolicy(() => 0)
  const isRepeated = () => policy.failed(failedTry) !== undefined
  const repeats = Array.from({ length: retryTokensMax / 2 + 1 }, isRepeated)
  expect(repeats.lastIndexOf(true)).toBe(retryTokensMax / 2 - 2)
  expect(repeats.indexOf(false)).toBe(retryTokensMax / 2 - 1)
  for (let token = 0; token < 2.5; token += retryTokensPerSuccess) policy.succeeded()
  expect(policy.failed(failedTry)).toBe(0)
})

test('a try that sent nothing takes no token and needs none', () => {
  const policy = createRetryPolicy(() => 0)
  for (let index = 0; index < 20; index++) policy.failed({ ...failedTry, error: notSent })
  expect(policy.failed(failedTry)).toBe(0)
  for (let index = 0; index < 20; index++) policy.failed(failedTry)
  expect(policy.failed({ ...failedTry, error: notSent })).toBe(0)
})
