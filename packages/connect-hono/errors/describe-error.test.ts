import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import {
  PutRatingRequestSchema,
  RecordRefSchema,
  WatchAggregatedRatingsRequestSchema,
} from '../../../gen/rating/v1/rating_pb.ts'
import { ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.ts'
import { createValidate } from '../validation.ts'
import { describeError, retryDelayMs } from './describe-error.ts'
import { toConnectError } from './errors.ts'
import { restError } from './rest-error.ts'
import { retryAfterOf, retryInfo } from './retry-info.ts'
import { withReason } from './rpc-reasons.ts'
import { bounded, bytesOf, errorLimits } from './text.ts'

alsoOnDenoAndNode(import.meta.filename)

const validate = createValidate()

function detailsOf(error: ConnectError, domain: string | undefined = 'example.com') {
  return describeError(error, domain).details.map((detail) =>
    'desc' in detail ? [detail.desc.typeName, detail.value] : [detail.type, detail.value],
  )
}

test('an error has its reason, its metadata and the domain', () => {
  const error = withReason(
    new ConnectError('too large', Code.ResourceExhausted),
    'MESSAGE_TOO_LARGE',
    { bytesMax: 100 },
  )
  const info = { reason: 'MESSAGE_TOO_LARGE', domain: 'example.com', metadata: { bytesMax: '100' } }
  expect(detailsOf(error)).toEqual([['google.rpc.ErrorInfo', info]])
  expect(error.details).toEqual([])
})

test.each([
  [Code.NotFound, 'NOT_FOUND'],
  [Code.Canceled, 'CANCELED'],
  [Code.InvalidArgument, 'INVALID_ARGUMENT'],
] as const)('an error without a reason has its code %d as its reason', (code, reason) => {
  const info = { reason, domain: 'example.com', metadata: {} }
  expect(detailsOf(new ConnectError('no', code))).toEqual([['google.rpc.ErrorInfo', info]])
})

test('without a domain, an error stays as it is', () => {
  const error = new ConnectError('no', Code.Unavailable)
  expect(describeError(error, undefined)).toBe(error)
})

test('an error of another service keeps its reason, which JSON says', () => {
  const error = new ConnectError('no', Code.NotFound)
  const info = { type: 'google.rpc.ErrorInfo', value: new Uint8Array([10, 1, 65]) }
  const own = { type: 'example.Own', value: new Uint8Array([8, 1]) }
  error.details = [info, own]
  const described = describeError(error, 'example.com')
  expect(described.details).toEqual([
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: 'A' }) },
    own,
  ])
  expect(error.details).toEqual([info, own])
  const { body } = restError(described, { status: 404, accept: 'application/problem+json' })
  expect(JSON.parse(new TextDecoder().decode(body))).toMatchObject({ reason: 'A' })
})

test('a malformed detail of another service is passed on', () => {
  const error = new ConnectError('no', Code.NotFound)
  error.details = [{ type: 'google.rpc.ErrorInfo', value: new Uint8Array([10, 200]) }]
  expect(describeError(error, 'example.com').details).toEqual(error.details)
})

test('UNAVAILABLE says when to retry, once', () => {
  const error = new ConnectError('no', Code.Unavailable)
  const types = ['google.rpc.RetryInfo', 'google.rpc.ErrorInfo']
  expect(detailsOf(error).map(([type]) => type)).toEqual(types)
  expect(retryAfterOf(describeError(error, 'example.com'))).toBe(String(retryDelayMs / 1_000))
  error.details = retryInfo(2_500)
  expect(detailsOf(error).map(([type]) => type)).toEqual(types)
  expect(retryAfterOf(describeError(error, 'example.com'))).toBe('3')
})

test('a long value of the metadata is truncated', () => {
  const error = new ConnectError('no', Code.NotFound)
  const long = 'é'.repeat(10_000)
  const [[, value] = []] = detailsOf(withReason(error, 'HEALTH_SERVICE_UNKNOWN', { service: long }))
  const { service } = (value as { metadata: { service: string } }).metadata
  expect(Buffer.byteLength(service)).toBeLessThanOrEqual(errorLimits.quotedBytesMax)
})

test('violations of rules come in both forms, with the first as the reason', () => {
  const message = create(PutRatingRequestSchema, {
    recordType: 'movie',
    recordId: 'a b',
    userId: 'u',
    value: 5,
  })
  const error = validate(PutRatingRequestSchema, message) as ConnectError
  const [[own] = [], [other, fields] = [], [, info] = []] = detailsOf(error)
  expect([own, other]).toEqual(['buf.validate.Violations', 'google.rpc.BadRequest'])
  expect(fields).toMatchObject({
    fieldViolations: [{ field: 'record_id', reason: 'STRING_PATTERN' }],
  })
  const metadata = { field: 'record_id', rule: 'string.pattern' }
  expect(info).toMatchObject({ reason: 'FIELD_INVALID', metadata })
})

test('many violations fit the limit, the same in both forms', () => {
  const records = Array.from({ length: 20 }, () =>
    create(RecordRefSchema, { recordType: '!'.repeat(100) }),
  )
  const message = create(WatchAggregatedRatingsRequestSchema, { records })
  const error = validate(WatchAggregatedRatingsRequestSchema, message) as ConnectError
  const described = describeError(bounded(error), 'example.com')
  const bytes = described.details.reduce((sum, detail) => sum + bytesOf(detail), 0)
  expect(bytes).toBeLessThanOrEqual(errorLimits.detailsBytesMax)
  const [[, own] = [], [, other] = [], [type] = []] = detailsOf(error)
  const { violations } = own as { violations: unknown[] }
  const { fieldViolations } = other as { fieldViolations: { field: string }[] }
  expect(violations.length).toBeGreaterThan(3)
  expect(fieldViolations.length).toBe(violations.length)
  expect(fieldViolations[0]?.field).toBe('records[0].record_id')
  expect(type).toBe('google.rpc.ErrorInfo')
})

test('a shortened error keeps its reason', () => {
  const error = withReason(new ConnectError('x'.repeat(10_000), Code.NotFound), 'DATA_DAMAGED', {
    requestId: '1',
  })
  const [[, info] = []] = detailsOf(toConnectError(error, '2'))
  expect(info).toMatchObject({ reason: 'DATA_DAMAGED', metadata: { requestId: '1' } })
})
