import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { createClient, type Transport } from '@connectrpc/connect'
import {
  ServerReflection,
  type ServerReflectionRequest,
} from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { ServerReflection as ServerReflectionAlpha } from '@marquee/connect-hono/gen/grpc/reflection/v1alpha/reflection_pb'
import { mountConnect } from '@marquee/connect-hono/mount'
import { createConnection } from '@marquee/grpc-transport/connection'
import { serve } from '@marquee/http/server/serve'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { testWith } from '@marquee/testing/requirements'
import { tool } from '@marquee/testing/tools'
import { pino } from 'pino'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createApp } from './app.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createHealth } from './process/health.ts'

alsoOnDenoAndNode(import.meta.filename)

const stack = new AsyncDisposableStack()
let host = ''
let transport: Transport

beforeAll(async () => {
  const log = pino({ level: 'silent' })
  const app = createApp('movie', {
    log,
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  mountConnect(
    app,
    (router) => router.service(MovieService, {}).service(RatingService, {}),
    app.rpcOptions,
  )
  const { url } = stack.use(await serve({ app, port: 0, log }))
  host = new URL(url).host
  const connection = createConnection({ url })
  stack.defer(() => connection.close())
  transport = connection.transport
})

afterAll(() => stack.disposeAsync())

const services = [
  ['v1', ServerReflection],
  ['v1alpha', ServerReflectionAlpha as unknown as typeof ServerReflection],
] as const

describe.each(services)('reflection %s', (_, service) => {
  async function ask(messageRequest: ServerReflectionRequest['messageRequest']) {
    async function* requests() {
      yield { messageRequest }
    }
    const [answer] = await Array.fromAsync(
      createClient(service, transport).serverReflectionInfo(requests()),
    )
    return answer?.messageResponse
  }

  test.each([
    ['a message', 'movie.v1.MovieDetails', 'movie/v1/movie.proto'],
    ['a service', 'movie.v1.MovieService', 'movie/v1/movie.proto'],
    ['a method', 'movie.v1.MovieService.ListMovies', 'movie/v1/movie.proto'],
    ['a field', 'movie.v1.MovieDetails.rating_status', 'movie/v1/movie.proto'],
    ['an enum', 'movie.v1.RatingStatus', 'movie/v1/movie.proto'],
    ['an enum value, beside its enum', 'movie.v1.RATING_STATUS_RATED', 'movie/v1/movie.proto'],
    ['an enum in a message', 'movie.v1.ListMoviesRequest.Order', 'movie/v1/movie.proto'],
    [
      'a value of that, beside its enum',
      'movie.v1.ListMoviesRequest.ORDER_TOP_RATED',
      'movie/v1/movie.proto',
    ],
    [
      'a oneof',
      'grpc.reflection.v1.ServerReflectionRequest.message_request',
      'grpc/reflection/v1/reflection.proto',
    ],
    [
      'a field of a oneof',
      'grpc.reflection.v1.ServerReflectionRequest.list_services',
      'grpc/reflection/v1/reflection.proto',
    ],
    ['the oneof of an optional field', 'metadata.v1.Metadata._year', 'metadata/v1/metadata.proto'],
    ['an extension', 'buf.validate.field', 'buf/validate/validate.proto'],
    [
      'the entry of a map',
      'grpc.health.v1.HealthListResponse.StatusesEntry',
      'grpc/health/v1/health.proto',
    ],
  ])('finds %s by its name', async (_, value, file) => {
    const found = await ask({ case: 'fileContainingSymbol', value })
    expect(found?.case).toBe('fileDescriptorResponse')
    if (found?.case !== 'fileDescriptorResponse') return
    const [first = new Uint8Array()] = found.value.fileDescriptorProto
    expect(fromBinary(FileDescriptorProtoSchema, first).name).toBe(file)
  })

  test.each([
    ['a package', 'movie.v1'],
    ['an enum value under its enum', 'movie.v1.RatingStatus.RATING_STATUS_RATED'],
    ['a field that is not there', 'movie.v1.MovieDetails.title'],
    ['a name with a dot before it', '.movie.v1.MovieDetails'],
    ['nothing', ''],
  ])('does not find %s', async (_, value) => {
    const found = await ask({ case: 'fileContainingSymbol', value })
    expect(found).toMatchObject({ case: 'errorResponse', value: { errorCode: 5 } })
  })

  test('lists extensions of messages only', async () => {
    const none = await ask({ case: 'allExtensionNumbersOfType', value: 'movie.v1.MovieDetails' })
    expect(none).toMatchObject({
      case: 'allExtensionNumbersResponse',
      value: { extensionNumber: [] },
    })
    for (const value of ['movie.v1.MovieService', 'movie.v1.MovieDetails.rating_status']) {
      const found = await ask({ case: 'allExtensionNumbersOfType', value })
      expect(found).toMatchObject({ case: 'errorResponse', value: { errorCode: 5 } })
    }
  })
})

testWith(tool('grpcurl'), 'grpcurl describes a field', async (grpcurl) => {
  const args = ['-plaintext', host, 'describe', 'movie.v1.MovieDetails.rating_status']
  const { stdout } = await promisify(execFile)(grpcurl, args)
  expect(stdout).toContain('.movie.v1.RatingStatus rating_status = 3')
})
