import { expect, test } from 'bun:test'
import { MetadataService } from '../../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { documentOf, parametersOf } from '../testing/document.ts'

const metadata = documentOf(MetadataService, { hasVersion: () => true })
const rating = documentOf(RatingService)
const movie = metadata.paths['/v1/movies/{movie_id}']

test('a write with a field etag takes If-Match, and one that may create If-None-Match', () => {
  expect(Object.keys(parametersOf(movie.put, 'header'))).toEqual(['If-Match', 'If-None-Match'])
  expect(Object.keys(parametersOf(movie.patch, 'header'))).toEqual(['If-Match'])
  expect(Object.keys(parametersOf(movie.delete, 'header'))).toEqual(['If-Match'])
  const all = rating.paths['/v1/movies/{record_id}/ratings'].delete
  expect(parametersOf(all, 'header')).toEqual({})
  expect(parametersOf(movie.put, 'header')['If-None-Match']).toEqual({
    type: 'string',
    enum: ['*'],
  })
})

test('the schema of If-Match accepts lists of ETags and *', () => {
  const { pattern, maxLength } = parametersOf(movie.put, 'header')['If-Match']
  expect(maxLength).toBe(1024)
  const matches = (text: string) => new RegExp(pattern, 'u').test(text)
  for (const text of ['*', '"k3x"', '"k3x.gzip", W/"b"', '"a","b"']) {
    expect([text, matches(text)]).toEqual([text, true])
  }
  for (const text of ['', 'k3x', '"a" "b"', '"a', '*, "a"']) {
    expect([text, matches(text)]).toEqual([text, false])
  }
})

test('a read with a version takes If-None-Match, and has a response without a body', () => {
  const list = metadata.paths['/v1/movies'].get
  expect(Object.keys(parametersOf(list, 'header'))).toEqual(['If-None-Match'])
  expect(list.responses[200].headers.ETag.required).toBe(true)
  expect(list.responses[304].headers.ETag.required).toBe(true)
  expect(list.responses[304].content).toBeUndefined()
})

test('a read without a version has no ETag, and no response to If-None-Match', () => {
  const top = rating.paths['/v1/movies:topRated'].get
  expect(parametersOf(top, 'header')).toEqual({})
  expect(top.responses[200].headers).toBeUndefined()
  expect(Object.keys(top.responses)).not.toContain('304')
})

test('what returns one resource has its ETag', () => {
  const user = rating.paths['/v1/movies/{record_id}/ratings/{user_id}']
  for (const operation of [movie.get, movie.put, movie.patch, user.get, user.put]) {
    expect(operation.responses[200].headers.ETag.required).toBe(true)
  }
  for (const operation of [movie.delete, user.delete]) {
    expect(operation.responses[200].headers).toBeUndefined()
  }
})

test('a stream that resumes takes Last-Event-ID, with the type of its field', () => {
  const watch = rating.paths['/v1/aggregatedRatings:watch'].get
  expect(parametersOf(watch, 'header')).toMatchObject({
    'Last-Event-ID': { type: 'integer', format: 'int64', minimum: 0 },
  })
  const exported = rating.paths['/v1/ratings:export'].get
  expect(parametersOf(exported, 'header')).toEqual({
    'Last-Event-ID': { type: 'string', maxLength: 16384 },
  })
})

test('a write of ratings says that its condition may fail, with the current etag', () => {
  const { put } = rating.paths['/v1/movies/{record_id}/ratings/{user_id}']
  expect(put.responses[412]).toEqual({ $ref: '#/components/responses/PreconditionFailed' })
  const { description, content } = rating.components.responses.PreconditionFailed
  expect(description).toContain('the current `etag`')
  expect(Object.keys(content)).toEqual(['application/json', 'application/problem+json'])
})
