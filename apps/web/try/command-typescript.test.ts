import { expect, test } from 'bun:test'
import { createRegistry, type DescMethod, fromJson, type JsonValue } from '@bufbuild/protobuf'
import { MovieService } from '../../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { ActivityService } from '../../../gen/system/v1/system_pb.ts'
import { type CallOptions, defaultCallOptions } from './call.ts'
import { typescriptProgram } from './command-typescript.ts'

const registry = createRegistry()

function programOf(method: DescMethod, json: JsonValue, options: Partial<CallOptions> = {}) {
  return typescriptProgram({
    baseUrl: 'http://host',
    method,
    registry,
    messages: [fromJson(method.input, json, { registry })],
    options: { ...defaultCallOptions, ...options },
  })
}

test('a plain message is an object', () => {
  const text = programOf(MovieService.method.getMovieDetails, { movieId: "it's" })
  expect(text).toBe(`import { createMarquee } from '@marquee/client'

const marquee = createMarquee({ baseUrl: 'http://host' })
const result = await marquee.movies.getMovieDetails({ movieId: 'it\\'s' })
if (result.ok) console.log(result.value)
else console.error(result.error.code, result.error.message)
`)
})

test('a message with types that JSON writes otherwise is read from JSON', () => {
  const order = programOf(MovieService.method.listMovies, { order: 'ORDER_TOP_RATED' })
  expect(order).toContain("import { ListMoviesRequestSchema } from '@marquee/client/movie'")
  expect(order).toContain("fromJson(ListMoviesRequestSchema, { order: 'ORDER_TOP_RATED' })")
  const count = programOf(RatingService.method.listTopRated, { countMin: '10' })
  expect(count).toContain("fromJson(ListTopRatedRequestSchema, { countMin: '10' })")
})

test('options of the call are passed', () => {
  const options = { headers: [['x-request-id', 'a']], timeoutMs: 500 } as const
  const text = programOf(MovieService.method.getMovieDetails, { movieId: 'a' }, options)
  expect(text).toContain("{ headers: { 'x-request-id': 'a' }, timeoutMs: 500 }")
})

test('a stream of responses is a loop, and other services have calls of their own', () => {
  const text = programOf(ActivityService.method.watchActivity, { intervalMs: 1000 })
  expect(text).toContain("import { createCalls } from '@marquee/client/calls'")
  expect(text).toContain('for await (const result of calls.watchActivity({ intervalMs: 1000 })) {')
})

test('a method that the client does not have has no program', () => {
  expect(programOf(RatingService.method.importRatings, {})).toBeUndefined()
})
