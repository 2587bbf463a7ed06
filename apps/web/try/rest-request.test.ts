import { expect, test } from 'bun:test'
import { createRegistry, type DescMethod, fromJson, type JsonValue } from '@bufbuild/protobuf'
import { MetadataService } from '../../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { DeadLetterService } from '../../../gen/system/v1/system_pb.ts'
import { type Call, defaultCallOptions } from './call.ts'
import { restCommand } from './command-rest.ts'
import { restRequestOf } from './rest-request.ts'

const registry = createRegistry(...RatingService.file.dependencies)
const baseUrl = 'http://host'
const rating = RatingService.method
const metadata = MetadataService.method

function callOf(method: DescMethod, ...messages: readonly JsonValue[]): Call {
  return {
    baseUrl,
    method,
    registry,
    messages: messages.map((message) => fromJson(method.input, message, { registry })),
    options: defaultCallOptions,
  }
}

test.each([
  [
    'by the route with the most in its path',
    rating.getRating,
    'GET',
    '/v1/records/movie/a%2Fb/ratings/u',
  ],
  [
    'by the short route without a user',
    rating.deleteRecordRatings,
    'DELETE',
    '/v1/records/movie/a%2Fb/ratings',
  ],
])('a call is made %s', (_, method, verb, path) => {
  const fields = { recordId: 'a/b', recordType: 'movie' }
  const message = method === rating.getRating ? { ...fields, userId: 'u' } : fields
  expect(restRequestOf(callOf(method, message))).toEqual({ verb, url: baseUrl + path })
})

test('a body has what is not in the path', () => {
  const message = { recordId: 'm', recordType: 'movie', userId: 'u', value: 4.5 }
  expect(restRequestOf(callOf(rating.putRating, message))).toEqual({
    verb: 'PUT',
    url: 'http://host/v1/records/movie/m/ratings/u',
    body: ['{"value":4.5}'],
  })
})

test('a body that is a field leaves the others to the query', () => {
  const message = { metadata: { id: 'm', title: 'M' }, mustNotExist: true }
  expect(restRequestOf(callOf(metadata.putMetadata, message))).toEqual({
    verb: 'PUT',
    url: 'http://host/v1/movies/m?mustNotExist=true',
    body: ['{"title":"M"}'],
  })
})

test('lists are parameters that repeat, and nested fields have dots', () => {
  const batch = restRequestOf(callOf(metadata.batchGetMetadata, { movieIds: ['a b', 'c'] }))
  expect(batch?.url).toBe('http://host/v1/movies:batchGet?movieIds=a+b&movieIds=c')
  const watch = callOf(rating.watchAggregatedRatings, { top: { recordType: 'movie', limit: 5 } })
  expect(restRequestOf(watch)?.url).toEndWith('?top.recordType=movie&top.limit=5')
})

test('a list of messages needs a body', () => {
  const records = [{ recordId: 'm', recordType: 'movie' }]
  expect(restRequestOf(callOf(rating.watchAggregatedRatings, { records }))).toMatchObject({
    verb: 'POST',
    body: [JSON.stringify({ records })],
  })
})

test('a stream of requests is lines of JSON', () => {
  const messages = [{ metadata: { id: 'a' } }, { metadata: { id: 'b' } }]
  expect(restCommand(callOf(metadata.importMetadata, ...messages), new URL('http://host/a'))).toBe(
    [
      'curl -sS -X POST http://host/v1/movies:import',
      "-H 'content-type: application/x-ndjson'",
      `--data-binary '{"metadata":{"id":"a"}}\n{"metadata":{"id":"b"}}'`,
    ].join(' \\\n  '),
  )
})

test('a path has the number 0, which JSON leaves out', () => {
  const message = { partition: 0, offset: '0' }
  const request = restRequestOf(callOf(DeadLetterService.method.getDeadLetter, message))
  expect(request?.url).toBe('http://host/v1/deadLetters/0/0')
})

test('a call without what its path needs has no route', () => {
  expect(restRequestOf(callOf(rating.getUserSummary, {}))).toBeUndefined()
  expect(restCommand(callOf(rating.getUserSummary, {}), new URL(baseUrl))).toBeUndefined()
})
