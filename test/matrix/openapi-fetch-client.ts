import { Readable } from 'node:stream'
import {
  create,
  type DescMessage,
  type DescMethod,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import type { RatingOfUser, RestCalls, RestOptions, RestResult } from '../openapi-fetch/calls.ts'
import type { CallOptions, Client, Session } from './client.ts'
import { jsonObjects, only } from './command.ts'
import { errorOf, messageOf } from './curl-rest.ts'
import { toFields } from './curl-wire.ts'

/** openapi-fetch, with the types that openapi-typescript makes from `/openapi.json`. */
export const openApiFetchClient: Client = {
  name: 'openapi-fetch',
  keepsTime: false,
  gaps: [
    ...(['grpc', 'grpc-web', 'grpc-web-text', 'connect', 'connect-get'] as const).map(
      (protocol) => ({ protocol, reason: 'it speaks REST alone' }),
    ),
    { http: '2', reason: 'a fetch speaks HTTP/2 over TLS alone' },
  ],
  found: { value: async (_, url) => createSession(await loadCalls(url)) },
}

/** Its source has generated types, which only its own test has: see test/openapi-fetch. */
const source: string = '../openapi-fetch/client.ts'

async function loadCalls(url: string): Promise<RestCalls> {
  const { createRestCalls } = await import(source)
  return createRestCalls(url)
}

function createSession(calls: RestCalls): Session {
  async function* call<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly input: I; readonly output: O },
    requests: readonly MessageInitShape<I>[],
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    const messages = requests.map((one) => toJson(method.input, create(method.input, one)))
    const { data, error } = await send(calls, method, messages as JsonObject[], options)
    if (error !== undefined) throw errorOf(error as JsonValue)
    for await (const json of data instanceof ReadableStream ? linesOf(data) : [data]) {
      yield fromJson(method.output, messageOf(method, json as JsonObject))
    }
  }
  return {
    unary: (method, request, options) => only(call(method, [request], options)),
    serverStream: (method, request, options) => call(method, [request], options),
    clientStream: (method, requests, options) => only(call(method, requests, options)),
    async [Symbol.asyncDispose]() {},
  }
}

const { getAggregatedRating, putRating, watchAggregatedRatings, importRatings } =
  RatingService.method

function send(
  calls: RestCalls,
  { name }: DescMethod,
  messages: readonly JsonObject[],
  options: CallOptions,
): Promise<RestResult<unknown>> {
  const [message = {}] = messages
  const { recordId } = message as { recordId: string }
  const own: RestOptions = {
    headers: toFields('rest', undefined, options),
    signal: options.signal,
  }
  switch (name) {
    case getAggregatedRating.name:
      return calls.getAggregatedRating(recordId, own)
    case putRating.name:
      return calls.putRating(message as unknown as RatingOfUser, own)
    case watchAggregatedRatings.name: {
      const [record] = message.records as { recordId: string }[]
      return calls.watchAggregatedRatings(record?.recordId ?? '', own)
    }
    case importRatings.name:
      return calls.importRatings(messages.map((one) => JSON.stringify(one)).join('\n'), own)
    default:
      throw new Error(`the matrix does not call ${name}`)
  }
}

/** Yields the lines of a stream. The last one may be its error. */
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<JsonObject> {
  try {
    for await (const text of jsonObjects(Readable.fromWeb(stream as never))) {
      const json = JSON.parse(text) as JsonObject
      if (json.error !== undefined) throw errorOf(json.error)
      yield json
    }
  } catch (thrown) {
    const isAborted = (thrown as Error).name === 'AbortError'
    throw isAborted ? new ConnectError('the fetch was aborted', Code.Canceled) : thrown
  }
}
