import { expect, test } from 'bun:test'
import { isInternal } from './internal.ts'

test.each([
  'system.v1.ActivityService/GetActivity',
  'system.v1.SystemService/WatchSystem',
  'system.v1.DeadLetterService/ListDeadLetters',
  'grpc.health.v1.Health/Check',
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  'GET /livez',
  'HEAD /readyz',
  'OPTIONS /',
  'GET /metrics',
  'GET /openapi.json',
  'GET /v1/activity:watch',
  'GET /v1/system/calls',
])('%s is internal', (method) => expect(isInternal(method)).toBe(true))

test.each([
  'movie.v1.MovieService/GetMovieDetails',
  'GET /movie',
  'GET /v1/movies/{movie_id}',
  'GET /v1/systems',
  'OPTIONS /v1/movies/{movie_id}',
  'unknown',
])('%s is not internal', (method) => expect(isInternal(method)).toBe(false))
