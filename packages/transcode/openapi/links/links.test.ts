import { expect, test } from 'bun:test'
import { MetadataService } from '../../../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../../../gen/rating/v1/rating_pb.ts'
import { bindingsOf } from '../../binding.ts'
import { documentOf } from '../../testing/document.ts'

const metadata = documentOf(MetadataService)
const rating = documentOf(RatingService, { pathFields: { '/v1/movies': { record_type: 'movie' } } })
const movie = documentOf(MovieService, {
  bindings: [...MovieService.methods, MetadataService.method.putMetadata].flatMap(bindingsOf),
})
const ifMatch = { 'header.If-Match': '$response.header.ETag' }

test('a write leads to the same resource, with its ETag as the condition of the next write', () => {
  const { links } = metadata.paths['/v1/movies/{movie_id}'].put.responses[200]
  const id = { 'path.movie_id': '$request.path.movie_id' }
  expect(links).toMatchObject({
    MetadataService_GetMetadata: { operationId: 'MetadataService_GetMetadata', parameters: id },
    MetadataService_UpdateMetadata: { parameters: { ...id, ...ifMatch } },
    MetadataService_DeleteMetadata: { parameters: { ...id, ...ifMatch } },
  })
  expect(Object.keys(links)).toHaveLength(3)
})

test('a write leads to what its path names', () => {
  const { links } = rating.paths['/v1/movies/{record_id}/ratings/{user_id}'].put.responses[200]
  expect(Object.keys(links)).toEqual([
    ...['RatingService_GetAggregatedRating', 'RatingService_DeleteRating'],
    ...['RatingService_DeleteRecordRatings', 'RatingService_GetRating'],
    ...['RatingService_ListRatings', 'RatingService_GetUserSummary', 'RatingService_EraseUser'],
  ])
  expect(links.RatingService_ListRatings.parameters).toEqual({
    'path.user_id': '$request.path.user_id',
  })
})

test('a record of any type does not lead to the paths of movies', () => {
  const path = '/v1/records/{record_type}/{record_id}/ratings/{user_id}'
  const { links } = rating.paths[path].put.responses[200]
  const targets = Object.entries<object>(rating.paths).filter(([, item]) =>
    Object.values(item).some(({ operationId }) => operationId in links),
  )
  expect(targets.map(([text]) => text).filter((text) => text.startsWith('/v1/movies'))).toEqual([])
  expect(Object.keys(links)).toContain('RatingService_ListTopRated_2')
})

test('a list leads to its next page, with the same query', () => {
  const { get } = metadata.paths['/v1/movies']
  const { parameters } = get.responses[200].links.MetadataService_ListMetadata
  expect(parameters).toMatchObject({
    'query.page_token': '$response.body#/nextPageToken',
    'query.filter': '$request.query.filter',
  })
  expect(Object.keys(parameters)).not.toContain('header.If-None-Match')
})

test('a list leads to the operations on its first item, with its ETag as the condition', () => {
  const { links } = metadata.paths['/v1/movies'].get.responses[200]
  expect(Object.keys(links)).toEqual([
    ...['MetadataService_GetMetadata', 'MetadataService_PutMetadata'],
    ...['MetadataService_UpdateMetadata', 'MetadataService_DeleteMetadata'],
    'MetadataService_ListMetadata',
  ])
  const id = { 'path.movie_id': '$response.body#/metadata/0/id' }
  expect(links.MetadataService_GetMetadata.parameters).toEqual(id)
  expect(links.MetadataService_UpdateMetadata.parameters).toEqual({
    ...id,
    'header.If-Match': '$response.body#/metadata/0/etag',
  })
})

test('a list leads to the operations on a message of its first item', () => {
  const { links } = movie.paths['/v1/movies:listDetails'].get.responses[200]
  const id = { 'path.movie_id': '$response.body#/movies/0/metadata/id' }
  expect(links.MovieService_GetMovieDetails.parameters).toEqual(id)
  expect(links.MovieService_ListSimilarMovies.parameters).toEqual(id)
  expect(links.MetadataService_PutMetadata.parameters).toMatchObject({
    'header.If-Match': '$response.body#/movies/0/metadata/etag',
  })
})

test('a list of records of any type does not lead to the paths of movies', () => {
  const { links } = rating.paths['/v1/users/{user_id}/ratings'].get.responses[200]
  expect(links.RatingService_GetRating_2.parameters).toEqual({
    'path.record_type': '$response.body#/ratings/0/recordType',
    'path.record_id': '$response.body#/ratings/0/recordId',
    'path.user_id': '$response.body#/ratings/0/userId',
  })
  expect(Object.keys(links)).not.toContain('RatingService_GetRating')
})

test('every link has a name of an operation of the document', () => {
  for (const { paths } of [metadata, rating, movie]) {
    const operations = Object.values<object>(paths).flatMap((item) => Object.values(item))
    const ids = operations.map(({ operationId }) => operationId)
    for (const { responses } of operations) {
      for (const { operationId } of Object.values<{ operationId: string }>(
        responses[200].links ?? {},
      )) {
        expect(ids).toContain(operationId)
      }
    }
  }
})
