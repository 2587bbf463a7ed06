import { expect, test } from 'bun:test'
import { LibraryService } from '../../../gen/library/v1/library_pb.ts'
import { MetadataService } from '../../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { documentOf, parametersOf } from '../testing/document.ts'

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const library = documentOf(LibraryService)
const rating = documentOf(RatingService)
const metadata = documentOf(MetadataService)

test('paths have the segments of the templates as parameters', () => {
  expect(Object.keys(library.paths)).toEqual([
    '/v1/shelves/{name}/books/{name_2}',
    '/v1/books/{book_id}',
    '/v1/books/{book_id}:read',
    '/v1/books',
    '/v1/files/{path}',
    '/v1/numbers/{number}/{flag}/{shape}',
    '/v1/shelves/{shelf}/books',
    '/v1/books/{book_id}/tags',
    '/v1/links/{from}',
    '/v1/books/{from}:link',
    '/v1/books:import',
    '/v1/books/{book_id}:watch',
  ])
  expect(Object.keys(library.paths['/v1/books/{book_id}'])).toEqual(['get', 'put', 'patch'])
  const [file] = library.paths['/v1/files/{path}'].get.parameters
  expect(file.description).toBe('It may have several segments.')
})

test('fields that are neither in the path nor in the body are parameters of the query', () => {
  const parameters = parametersOf(library.paths['/v1/books'].get, 'query')
  expect(parameters).toMatchObject({
    query: { type: 'string' },
    page_size: { type: 'integer', format: 'int32' },
    genres: { type: 'array', items: ref('Genre') },
    'author.full_name': { type: 'string' },
    'author.years': { type: 'array', items: { type: 'integer' } },
    since: { type: 'string', format: 'date-time' },
    copies: { type: 'integer', format: 'int64' },
    digest: { contentEncoding: 'base64' },
  })
  const { post } = library.paths['/v1/shelves/{shelf}/books']
  expect(parametersOf(post, 'path')).toEqual({ shelf: { type: 'string' } })
  expect(parametersOf(post, 'query')).toEqual({ dry_run: { type: 'boolean' } })
})

test('a path that sets a field of a oneof leaves out the other fields of it', () => {
  const record = rating.paths['/v1/records/{record_type}/{record_id}/ratings'].get
  expect(Object.keys(parametersOf(record, 'query'))).toEqual(['page_size', 'page_token'])
})

test('a body has the fields that the path has not', () => {
  const { schemas } = rating.components
  const put = rating.paths['/v1/records/{record_type}/{record_id}/ratings/{user_id}'].put
  const { schema } = put.requestBody.content['application/json']
  expect(schema).toEqual(ref('PutRatingBody2'))
  expect(schemas.PutRatingBody2).toMatchObject({
    properties: { value: { type: 'number' } },
    required: ['value'],
  })
  const { properties } = schemas.PutRatingBody2
  expect(Object.keys(properties)).toEqual(['value', 'etag', 'mustNotExist', 'ratedTime'])
  const movie = metadata.paths['/v1/movies/{movie_id}'].put
  expect(movie.requestBody.content['application/json'].schema).toEqual(ref('PutMetadataBody'))
  expect(metadata.components.schemas.PutMetadataBody.required).toEqual(['title'])
  expect(metadata.components.schemas.Metadata.required).toEqual(['id', 'title'])
})

test('a field that the path stands for is neither a parameter nor in the body', () => {
  const { paths, components } = documentOf(RatingService, {
    pathFields: { '/v1/movies': { record_type: 'movie' } },
  })
  expect(parametersOf(paths['/v1/movies/{record_id}/rating'].get, 'query')).toEqual({})
  const { properties, required } = components.schemas.PutRatingBody
  expect(Object.keys(properties)).toEqual(['value', 'etag', 'mustNotExist', 'ratedTime'])
  expect(required).toEqual(['value'])
})

test('rules of the protos are rules of the schemas', () => {
  const { properties } = metadata.components.schemas.Metadata
  expect(properties.title).toMatchObject({ type: 'string', minLength: 1, maxLength: 500 })
  expect(properties.year).toMatchObject({ type: 'integer', minimum: 1870, maximum: 2200 })
  expect(properties.genres).toMatchObject({
    maxItems: 32,
    items: { type: 'string', minLength: 1, maxLength: 64 },
  })
  // Not every engine knows \p{Cc}.
  expect(new RegExp(properties.id.pattern, 'u').test('a\u0085')).toBe(false)
  expect(new RegExp(properties.id.pattern, 'u').test('ä-1')).toBe(true)
  const ids = metadata.paths['/v1/movies:batchGet'].get.parameters[0]
  expect(ids).toMatchObject({ name: 'movie_ids', required: true, schema: { maxItems: 500 } })
  const { source } = metadata.components.schemas.BatchGetMovieIdsRequest.properties
  expect(source.enum).not.toContain('EXTERNAL_SOURCE_UNSPECIFIED')
})

test('64-bit integers are numbers up to 2^53, and strings beyond', () => {
  const { count } = rating.components.schemas.AggregatedRating.properties
  expect(count).toMatchObject({ type: ['integer', 'string'], maximum: 2 ** 53 - 1 })
  const { since_revision } = parametersOf(rating.paths['/v1/aggregatedRatings:watch'].get, 'query')
  expect(since_revision).toMatchObject({ type: 'integer', minimum: 0 })
})

test('streams are lines of JSON or events', () => {
  const { content } = library.paths['/v1/books/{book_id}:watch'].get.responses[200]
  expect(Object.keys(content)).toEqual([
    ...['application/x-ndjson', 'application/jsonl', 'text/event-stream'],
  ])
  const lines = content['application/x-ndjson'].schema
  expect(lines.contentSchema.anyOf).toEqual([ref('WatchBookResponse'), ref('StreamFailure')])
  const body = library.paths['/v1/books:import'].post.requestBody
  expect(body.content['application/x-ndjson'].schema).toMatchObject({ type: 'string' })
})

test('operations name their errors, which are of Connect or problems', () => {
  const { responses } = metadata.paths['/v1/movies/{movie_id}'].put
  for (const status of [400, 401, 404, 406, 412, 413, 415, 429, 503]) {
    expect(Object.keys(responses)).toContain(`${status}`)
  }
  const { content } = metadata.components.responses.NotFound
  expect(Object.keys(content)).toEqual(['application/json', 'application/problem+json'])
})

test('comments and examples are those that are given', () => {
  const request = { bookId: '5', tags: ['a', 'b'] }
  const { paths, tags } = documentOf(LibraryService, {
    descriptions: {
      comments: {
        'library.v1.LibraryService': 'A library.',
        'library.v1.LibraryService.SetTags': 'SetTags replaces the tags.',
        'library.v1.SetTagsRequest.book_id': 'The book.',
      },
      examples: { 'library.v1.LibraryService.SetTags': [request] },
    },
  })
  expect(tags).toEqual([{ name: 'LibraryService', description: 'A library.' }])
  const { put } = paths['/v1/books/{book_id}/tags']
  expect(put).toMatchObject({ summary: 'Set tags', description: 'SetTags replaces the tags.' })
  expect(put.parameters[0]).toMatchObject({ description: 'The book.', example: '5' })
  expect(put.requestBody.content['application/json'].example).toEqual(['a', 'b'])
})
