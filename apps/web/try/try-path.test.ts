import { expect, test } from 'bun:test'
import { isListed, placeOf, tryPath } from './try-path.ts'

test('a method of one service has a path without a query', () => {
  const path = tryPath('rating.v1.RatingService', 'PutRating', 'rating')
  expect(path).toBe('/try/rating.v1.RatingService/PutRating')
  expect(placeOf('rating.v1.RatingService', '?instance=rating-1')).toEqual({ at: 'rating' })
})

test('a method of several services has the service in its query', () => {
  const path = tryPath('grpc.health.v1.Health', 'Check', 'metadata')
  expect(path).toBe('/try/grpc.health.v1.Health/Check?at=metadata')
  expect(placeOf('grpc.health.v1.Health', '?at=metadata')).toEqual({ at: 'metadata' })
  expect(placeOf('grpc.health.v1.Health', '?at=nonsense')).toEqual({ at: 'movie' })
})

test('an instance of a service is in the query, whatever its id is', () => {
  const place = { at: 'rating', instance: 'rating@http://[::1]:8082/&' } as const
  const path = tryPath('grpc.health.v1.Health', 'Check', place.at, place.instance)
  expect(placeOf('grpc.health.v1.Health', new URL(path, 'http://a').search)).toEqual(place)
  expect(placeOf('grpc.health.v1.Health', '?at=rating&instance=')).toEqual({ at: 'rating' })
  // What movie serves itself, it does not forward to another instance.
  expect(placeOf('grpc.health.v1.Health', '?at=movie&instance=m')).toEqual({ at: 'movie' })
})

test('a service that forwards those of others lists its own', () => {
  const own = 'movie.v1.MovieService'
  const shared = 'grpc.health.v1.Health'
  const rating = 'rating.v1.RatingService'
  const system = 'system.v1.SystemService'
  const letters = 'system.v1.DeadLetterService'
  const all = [own, shared, rating, system, letters]
  expect(all.filter((name) => isListed(name, 'movie'))).toEqual([own, shared, system])
  expect(all.filter((name) => isListed(name, 'rating'))).toEqual([shared, rating, letters])
  expect(tryPath(letters, 'ListDeadLetters', 'rating')).not.toContain('?')
})
