import { expect, test } from 'bun:test'
import { isListed, serviceAt, tryPath } from './try-path.ts'

test('a method of one service has a path without a query', () => {
  const path = tryPath('rating.v1.RatingService', 'PutRating', 'rating')
  expect(path).toBe('/try/rating.v1.RatingService/PutRating')
  expect(serviceAt('rating.v1.RatingService', '')).toBe('rating')
})

test('a method of several services has the service in its query', () => {
  const path = tryPath('grpc.health.v1.Health', 'Check', 'metadata')
  expect(path).toBe('/try/grpc.health.v1.Health/Check?at=metadata')
  expect(serviceAt('grpc.health.v1.Health', '?at=metadata')).toBe('metadata')
  expect(serviceAt('grpc.health.v1.Health', '?at=nonsense')).toBe('movie')
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
