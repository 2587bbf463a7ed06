import { expect, test } from 'bun:test'
import { serviceAt, tryPath } from './try-path.ts'

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
